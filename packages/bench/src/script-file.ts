import { writeFile } from 'node:fs/promises';

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
  /** Who writes in turn; default eight. */
  readonly authors?: number;
}

/** Writes a simulator script: `waitMs` in which readers can arrive, then `messages` plain messages of 40 to 90 characters. */
export async function writeScript(path: string, messages: number, waitMs: number): Promise<void> {
  await writeScriptParts(path, [{ waitMs, messages }]);
}

/** The same in several parts, numbered through. */
export async function writeScriptParts(
  path: string,
  parts: readonly ScriptPart[],
  { authors = USERS.length }: ScriptCast = {},
): Promise<void> {
  const lines: string[] = [];
  let index = 0;
  for (const { waitMs, messages } of parts) {
    lines.push(JSON.stringify({ op: 'wait', ms: waitMs }));
    for (const end = index + messages; index < end; index += 1) lines.push(messageLine(index, authors));
  }
  await writeFile(path, `${lines.join('\n')}\n`);
}

function messageLine(index: number, authors: number): string {
  const words = Array.from({ length: WORDS_PER_MESSAGE }, (_, place) => WORDS[(index * 7 + place * 5) % WORDS.length]);
  const channel = CHANNELS[index % CHANNELS.length];
  // 3 is no divisor of eight, nor of round numbers, so every author has a turn.
  const author = (index * 3) % authors;
  const user = USERS[author] ?? `author ${author}`;
  return JSON.stringify({ community: 'Bench', channel, user, text: `${index} ${words.join(' ')}` });
}
