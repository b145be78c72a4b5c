import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import type { Chat } from './chat.ts';

/** In every message that is going to be deleted, and nowhere else. */
export const CANARY = 'canary-that-must-not-sing';
/** A second channel, so that a channel filter has something to leave out. */
export const SIDE_CHANNEL = 'side';

const CHAT_LINES_PER_ROUND = 100;
const BULK_MESSAGES = 3;

/** Writes the chat as a script for the simulator. Returns the file's path. */
export function writeChatScript({ lines }: Chat): Promise<string> {
  return write(lines.map((line) => JSON.stringify(line)));
}

/** The same with messages of our own in between, and with edits and deletes of both. */
export function writeChangingChatScript({ lines }: Chat): Promise<string> {
  const script = createScript(lines[0]?.community ?? 'nowhere');
  for (const [index, line] of lines.entries()) {
    script.addChat(line);
    if (index % CHAT_LINES_PER_ROUND === CHAT_LINES_PER_ROUND - 1) script.addRound();
  }
  script.addEnd();
  return write(script.lines);
}

async function write(lines: readonly string[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'script.ndjson');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

function createScript(community: string) {
  const lines: string[] = [];
  const chatLines: number[] = [];
  const bulk: number[] = [];
  let rounds = 0;
  let doomed: number | null = null;

  /** Returns its number, by which later lines refer to it. */
  const add = (line: object): number => lines.push(JSON.stringify(line));
  const post = (text: string): number => add({ community, channel: SIDE_CHANNEL, user: 'Visitor', text });

  return {
    lines,
    addChat: (line: object): void => void chatLines.push(add(line)),
    /** One message for later deletion, one edited twice, an edit and a delete of the chat's own, sometimes a bulk delete. */
    addRound(): void {
      rounds += 1;
      const [edited, deleted] = [chatLines.at(-60), chatLines.at(-80)];
      if (doomed !== null) add({ op: 'delete', line: doomed });
      doomed = post(`${CANARY} ${rounds}`);
      const kept = post(`first words of ${rounds}`);
      add({ op: 'edit', line: kept, text: `second words of ${rounds}` });
      if (edited !== undefined)
        add({ op: 'edit', line: edited, text: `edited ${rounds}: 改訂 **bold** <b>tag</b> 👩‍👩‍👧‍👦` });
      add({ op: 'edit', line: kept, text: `last words of ${rounds} — ünïcödé` });
      if (deleted !== undefined && rounds % 2 === 0) {
        add({ op: 'delete', line: deleted });
        chatLines.splice(-80, 1);
      }
      bulk.push(post(`${CANARY} bulk ${rounds}`));
      if (bulk.length === BULK_MESSAGES) add({ op: 'bulk_delete', lines: bulk.splice(0) });
    },
    /** Nothing that was to be deleted stays. */
    addEnd(): void {
      for (const line of [...bulk.splice(0), ...(doomed === null ? [] : [doomed])]) add({ op: 'delete', line });
    },
  };
}
