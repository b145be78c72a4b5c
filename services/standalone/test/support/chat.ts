import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { generateChat } from './generate-chat.ts';

const GENERATED_MESSAGES = 22_170;
const GENERATOR_SEED = 20_261_122;

const lineSchema = z.object({ community: z.string(), channel: z.string(), user: z.string(), text: z.string() });
export type ChatLine = z.infer<typeof lineSchema>;

/** A long conversation between people, one message after the other. */
export interface Chat {
  /** Which one it is, for titles. */
  readonly title: string;
  readonly lines: readonly ChatLine[];
}

/** The chat file (NDJSON script of the simulator) named by CHAT_FILE, else a large one made up from a seed. */
export function loadChat(): Chat {
  const file = process.env.CHAT_FILE;
  if (file === undefined) {
    const lines = generateChat(GENERATED_MESSAGES, GENERATOR_SEED);
    return { title: `a made-up chat of ${lines.length} messages (seed ${GENERATOR_SEED})`, lines };
  }
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  return { title: `the ${lines.length} messages of ${basename(file)}`, lines };
}

/** Whoever wrote most. */
export function busiestUser({ lines }: Chat): string {
  const counts = new Map<string, number>();
  for (const { user } of lines) counts.set(user, (counts.get(user) ?? 0) + 1);
  const [busiest] = [...counts].sort((a, b) => b[1] - a[1]);
  if (busiest === undefined) throw new RangeError('the chat is empty');
  return busiest[0];
}
