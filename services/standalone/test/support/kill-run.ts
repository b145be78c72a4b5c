import { type DispatchFrame, eventually, followStream, type StreamFollower } from '@dms/test-kit';
import { expect } from '@jest/globals';
import { CANARY } from './chat-script.ts';
import { fetchPage, headSeqOf, toFinal, walkHistory } from './history.ts';
import type { Simulator } from './simulator.ts';
import { brokenLog, firstDifference, fold, isSameFrame, isSameJson, replay, seen } from './stream-view.ts';
import { authorIdOf, finalMessages, type Truth } from './truth.ts';

const SETTLE_TIMEOUT_MS = 90_000;
const PROGRESS_TIMEOUT_MS = 60_000;

/** Clients that go on at the next door whenever theirs is killed: one that wants everything, one that wants one author, one
 *  that wants the creates of one channel. */
export interface Clients {
  readonly everything: StreamFollower;
  readonly byAuthor: StreamFollower;
  readonly creates: StreamFollower;
  readonly authorId: string;
  readonly channelId: string;
  /** Resolves when the client that wants everything has received `count` more events. */
  untilMore(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function followWithFilters(
  urls: readonly string[],
  simulator: Pick<Simulator, 'truth'>,
  author: string,
): Promise<Clients> {
  // Each begins at another door.
  const rotated = (by: number): readonly string[] => urls.map((_, index) => urls[(index + by) % urls.length] ?? '');
  const everything = followStream(urls, { since: 'all' });
  const { authorId, channelId } = await eventually(
    async () => {
      const truth = await simulator.truth();
      return { authorId: authorIdOf(truth, author), channelId: truth.messages[0]?.channel_id ?? '' };
    },
    { timeoutMs: PROGRESS_TIMEOUT_MS, intervalMs: 200 },
  );
  const byAuthor = followStream(rotated(1), { since: 'all', filter: { author_id: authorId } });
  const createsFilter = { types: 'MESSAGE_CREATE', channel_id: channelId };
  const creates = followStream(rotated(2), { since: 'all', filter: createsFilter });
  return {
    everything,
    byAuthor,
    creates,
    authorId,
    channelId,
    untilMore: async (count) => {
      await everything.waitForEvents(everything.events.length + count, PROGRESS_TIMEOUT_MS);
    },
    stop: async () => {
      await Promise.all([everything, byAuthor, creates].map((client) => client.stop()));
    },
  };
}

/** Everything a run with kills must have kept, read through `http` and `ws` of one door once all is quiet. */
export interface Outcome {
  readonly truth: Truth;
  readonly log: readonly DispatchFrame[];
}

const CHANGES = 40;

/** Edits and deletes, singly and in bulk. */
export async function changeThings(simulator: Simulator, channel: string): Promise<void> {
  const say = (text: string): Promise<string> => simulator.post({ channel, user: 'Visitor', text });
  const { messages } = await simulator.truth();
  for (let change = 0; change < CHANGES; change += 1) {
    const doomed = [await say(`${CANARY} ${change}`), await say(`${CANARY} again ${change}`)];
    await simulator.edit(await say(`first words of ${change}`), `last words of ${change} — ünïcödé`);
    const [edited, deleted] = [messages[change * 10], messages[change * 10 + 5]];
    if (edited !== undefined) await simulator.edit(edited.id, `edited ${change}: 改訂 **bold** <b>tag</b>`);
    if (deleted !== undefined) await simulator.remove(deleted.id);
    await simulator.remove(...doomed);
  }
}

/** Waits until the stream adds up to the simulator's final state, then reads the whole log.
 *  @throws with what is missing when that does not happen. */
export async function settle(
  simulator: Simulator,
  clients: Clients,
  door: { http: string; ws: string },
): Promise<Outcome> {
  await simulator.untilPlayed();
  const truth = await simulator.truth();
  const wanted = finalMessages(truth).map(({ id, content }) => [id, content] as const);
  await eventually(() => expect(differenceOf(clients.everything.events, wanted)).toBeNull(), {
    timeoutMs: SETTLE_TIMEOUT_MS,
    intervalMs: 500,
  });
  const { position } = await fetchPage(door.http, { limit: '1' });
  return { truth, log: await replay(door.ws, headSeqOf(position)) };
}

function differenceOf(events: readonly DispatchFrame[], wanted: readonly (readonly [string, string])[]): string | null {
  const folded = fold(events);
  const missing = wanted.filter(([id, content]) => folded.get(id) !== content);
  if (missing.length === 0 && folded.size === wanted.length) return null;
  const known = new Set(wanted.map(([id]) => id));
  const surplus = [...folded].filter(([id]) => !known.has(id));
  return `${missing.length} missing or different, first ${JSON.stringify(missing[0])}; ${surplus.length} too many, first ${JSON.stringify(surplus[0])}`;
}

/** I5: what each client received, over all its connections, is the log through its filter: once, in order, nothing else. */
export function expectStreams(clients: Clients, { log, truth }: Outcome): void {
  const authors = new Map(truth.messages.map(({ id, author }) => [id, author.id]));
  // A channel stands for its threads, too.
  const threads = log.filter(({ t, d }) => t === 'THREAD_CREATE' && d.parent_id === clients.channelId);
  const places = new Set<unknown>([clients.channelId, ...threads.map(({ d }) => d.id)]);
  const passes = {
    everything: () => true,
    byAuthor: (frame: DispatchFrame) =>
      frame.t === 'MESSAGE_DELETE' ||
      (frame.t.startsWith('MESSAGE_') && authors.get(seen(frame).id) === clients.authorId),
    creates: (frame: DispatchFrame) => frame.t === 'MESSAGE_CREATE' && places.has(frame.d.channel_id),
  };
  for (const name of ['everything', 'byAuthor', 'creates'] as const) {
    const client = clients[name];
    const difference = firstDifference(client.events, log.filter(passes[name]), isSameFrame);
    expect({ name, difference, violations: client.violations, resets: client.resets }).toEqual({
      name,
      difference: null,
      violations: [],
      resets: [],
    });
  }
}

/** The archive is the simulator's truth, whichever way it is read, and holds no word of what was deleted. */
export async function expectArchive(http: string, { log, truth }: Outcome): Promise<void> {
  expect(brokenLog(log)).toBeNull();
  const walked = await walkHistory(http, 'after');
  expect(firstDifference(walked.map(toFinal), finalMessages(truth), isSameJson)).toBeNull();
  expect(log.filter(({ text }) => text.includes(CANARY))).toEqual([]);
}

/** How many events came this way: `live`, `resume`, `backfill` or `reconcile`. */
export const arrived = (log: readonly DispatchFrame[], origin: string): number =>
  log.filter((frame) => seen(frame).origin === origin).length;
