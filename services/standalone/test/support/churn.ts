import { setTimeout as delay } from 'node:timers/promises';
import { CANARY } from './chat-script.ts';
import type { SimulatorControl } from './simulator.ts';

const PAUSE_MS = 15;
const TALKERS = 2;
const CHANGED_EVERY = 3;
const DELETED_EVERY = 5;
/** How many messages ago it was said what is edited and deleted now: the log has them, the clients have them. */
const BACK = 20;

export interface ChurnCounts {
  readonly posted: number;
  readonly edited: number;
  readonly deleted: number;
}

/** People who write, edit and delete, singly and in bulk, until the returned function is called; it returns how much they did. */
export function churn(simulator: SimulatorControl, channel: string): () => Promise<ChurnCounts> {
  const stopping = new AbortController();
  const counts = { posted: 0, edited: 0, deleted: 0 };
  const said: string[] = [];

  const say = async (text: string): Promise<string> => {
    const id = await simulator.post({ channel, user: 'Brook', text });
    counts.posted += 1;
    return id;
  };
  const step = async (n: number): Promise<void> => {
    said.push(await say(`drop ${n}`));
    const older = said.length > BACK ? said.shift() : undefined;
    if (older === undefined) return;
    if (n % CHANGED_EVERY === 0) {
      await simulator.edit(older, `drop ${n}, said anew — ünïcödé`);
      counts.edited += 1;
    } else if (n % DELETED_EVERY === 0) {
      const doomed = await say(`${CANARY} ${n}`);
      await simulator.remove(older, doomed);
      await simulator.remove(await say(`${CANARY} again ${n}`));
      counts.deleted += 3;
    }
  };
  const talk = async (talker: number): Promise<void> => {
    for (let n = talker; !stopping.signal.aborted; n += TALKERS) {
      await step(n).catch(unlessCut);
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const talking = Promise.all(Array.from({ length: TALKERS }, (_, talker) => talk(talker + 1)));
  // Told by whoever stops it.
  talking.catch(() => {});
  return async () => {
    stopping.abort();
    await talking;
    return counts;
  };
}

/** On a busy machine a kept-open connection may be closed at the very moment it is used again. Whether the request arrived is
 *  known to the simulator, whose truth is what counts. */
function unlessCut(error: unknown): void {
  if (!(error instanceof TypeError)) throw error;
}
