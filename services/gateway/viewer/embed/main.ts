import { defineDiscordMessages } from './discord-messages.ts';

const script = document.currentScript;
// Where this script came from is where the messages are, unless an element says otherwise.
defineDiscordMessages(script instanceof HTMLScriptElement ? new URL(script.src).origin : null);
