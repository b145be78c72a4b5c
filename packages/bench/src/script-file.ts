import { writeFile } from 'node:fs/promises';

const CHANNELS = ['general', 'help', 'music', 'news'];
const USERS = ['Ada', 'Ben', 'Cem', 'Dana', 'Eli', 'Fay', 'Gus', 'Hana'];
const WORDS =
  'the harbour was quiet so we took the long way home and talked about boats until the rain began again'.split(' ');
const WORDS_PER_MESSAGE = 12;

/** Writes a simulator script: `waitMs` in which readers can arrive, then `messages` plain messages of 40 to 90 characters. */
export async function writeScript(path: string, messages: number, waitMs: number): Promise<void> {
  const lines = [JSON.stringify({ op: 'wait', ms: waitMs })];
  for (let index = 0; index < messages; index += 1) {
    const words = Array.from(
      { length: WORDS_PER_MESSAGE },
      (_, place) => WORDS[(index * 7 + place * 5) % WORDS.length],
    );
    const channel = CHANNELS[index % CHANNELS.length];
    const user = USERS[(index * 3) % USERS.length];
    lines.push(JSON.stringify({ community: 'Bench', channel, user, text: `${index} ${words.join(' ')}` }));
  }
  await writeFile(path, `${lines.join('\n')}\n`);
}
