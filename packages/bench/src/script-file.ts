import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

const CHANNELS = ['general', 'help', 'music', 'news'];
const USERS = ['Ada', 'Ben', 'Cem', 'Dana', 'Eli', 'Fay', 'Gus', 'Hana'];
const WORDS =
  'the harbour was quiet so we took the long way home and talked about boats until the rain began again'.split(' ');
const WORDS_PER_MESSAGE = 12;

/** Part of a script: a pause, and the messages that follow it. */
export interface ScriptPart {
  readonly waitMs: number;
  readonly messages: number;
}

export interface ScriptCast {
  /** How many write, each for a while and never again; default: eight, in turn. */
  readonly authors?: number;
  /** Where they write, in turn; default four. */
  readonly channels?: number;
}

/** Writes a simulator script: `waitMs` in which readers can arrive, then `messages` plain messages of 40 to 90 characters. */
export async function writeScript(path: string, messages: number, waitMs: number): Promise<void> {
  await writeScriptParts(path, [{ waitMs, messages }]);
}

/** The same in several parts, numbered through. */
export async function writeScriptParts(
  path: string,
  parts: readonly ScriptPart[],
  { authors, channels = CHANNELS.length }: ScriptCast = {},
): Promise<void> {
  const total = parts.reduce((sum, { messages }) => sum + messages, 0);
  const userOf = (index: number): string =>
    authors === undefined
      ? (USERS[(index * 3) % USERS.length] ?? '')
      : `author ${Math.floor((index * authors) / total)}`;
  const channelOf = (index: number): string => CHANNELS[index % channels] ?? `channel-${index % channels}`;
  const file = createWriteStream(path);
  let index = 0;
  for (const { waitMs, messages } of parts) {
    file.write(`${JSON.stringify({ op: 'wait', ms: waitMs })}\n`);
    for (const end = index + messages; index < end; index += 1)
      file.write(messageLine(index, channelOf(index), userOf(index)));
  }
  file.end();
  await finished(file);
}

function messageLine(index: number, channel: string, user: string): string {
  const words = Array.from({ length: WORDS_PER_MESSAGE }, (_, place) => WORDS[(index * 7 + place * 5) % WORDS.length]);
  return `${JSON.stringify({ community: 'Bench', channel, user, text: `${index} ${words.join(' ')}` })}\n`;
}
