import { snowflakeAtMs } from '@dms/protocol';
import { checkLeaks, eventually } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import type { DiscordHistory } from '../src/discord-rest.ts';
import { createGapKeeper } from '../src/gap-keeper.ts';
import { createProgress } from '../src/progress.ts';
import type { JsonObject } from '../src/sanitise.ts';
import { recordingLogger } from './support/recording-logger.ts';

checkLeaks();

const SINCE_MS = Date.parse('2026-11-22T12:00:00.000Z');
const BASE = BigInt(snowflakeAtMs(SINCE_MS - 3_600_000));
const id = (n: number): string => (BASE + BigInt(n)).toString();
const [GUILD, CHANNEL, THREAD] = [id(1), id(2), id(3)];
const TEXT_TYPE = 0;
const THREAD_TYPE = 11;

/** A guild whose one channel is stored up to message 10. Each request of Discord's history waits until it is let go on. */
function setUp(threads: () => readonly JsonObject[] = () => [], answers: Partial<DiscordHistory> = {}) {
  const pushed: string[] = [];
  const waiting: (() => void)[] = [];
  const fed: string[] = [];
  const progress = createProgress();
  progress.load([
    { channelId: CHANNEL, lastMessageId: id(10) },
    { channelId: THREAD, lastMessageId: id(10) },
  ]);
  let newest = 10;
  let now = 0;
  const history: DiscordHistory = {
    async messages(channelId, range) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      const after = 'after' in range ? Number(BigInt(range.after) - BASE) : null;
      const name = channelId === THREAD ? 'thread' : 'channel';
      pushed.push(`${name} asked ${after === null ? 'again' : `after ${after}`}`);
      const numbers = after === null ? [10] : newest > after ? [newest] : [];
      return { kind: 'page', messages: numbers.map((n) => ({ id: id(n), channel_id: channelId })) };
    },
    hasMessage: async () => true,
    hasChannel: async () => true,
    archivedThreads: async () => ({ kind: 'page', threads: threads(), hasMore: false }),
    ...answers,
  };
  const keeper = createGapKeeper({
    history,
    progress,
    log: { stamp: () => ++now, storedMessageIds: async () => [id(10)] },
    feed: (type, data) => void fed.push(`${type} ${data.id}`),
    hasRoom: () => true,
    lookBackMessages: 500,
    logger: recordingLogger(),
    push(change) {
      if (change.kind === 'catch_up') pushed.push(`${change.id === THREAD ? 'thread' : 'channel'} ${change.phase}`);
      if (change.kind === 'gap') pushed.push(`gap ${change.state}`);
      return true;
    },
    typeOf: (channelId) => (channelId === THREAD ? THREAD_TYPE : TEXT_TYPE),
    isWatched: () => true,
    learnThread: () => {},
    learnDeleted: (channelId) => void pushed.push(`deleted ${channelId}`),
  });
  const stopping = new AbortController();
  const describeGuild = (last: number): void => {
    newest = last;
    const channel = { id: CHANNEL, type: TEXT_TYPE, last_message_id: id(last) };
    keeper.plan({ id: GUILD, channels: [channel], threads: [] }, () => {});
  };
  /** Lets one request go on, the newest or the oldest. */
  const release = async (which: 'newest' | 'oldest'): Promise<void> => {
    await eventually(() => expect(waiting.length).toBeGreaterThan(0));
    (which === 'newest' ? waiting.pop() : waiting.shift())?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  keeper.work(stopping.signal);
  return { keeper, pushed, fed, waiting, describeGuild, release, stop: () => stopping.abort() };
}

it('who is overtaken by a new plan stores nothing over it: the gap closes only when what is missing was fetched', async () => {
  const { keeper, pushed, waiting, describeGuild, release, stop } = setUp();
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  describeGuild(10);
  await eventually(() => expect(waiting).toHaveLength(1));
  // Discord had an outage while the channel was compared, and it has moved since.
  keeper.open([GUILD], 'guild_outage', SINCE_MS);
  describeGuild(11);
  await eventually(() => expect(waiting).toHaveLength(2));
  await release('oldest');
  expect(pushed).not.toContain('gap closed');
  await release('oldest');
  while (!pushed.includes('gap closed')) await release('oldest');
  expect(pushed.indexOf('channel asked after 10')).toBeGreaterThan(-1);
  expect(pushed.indexOf('channel asked after 10')).toBeLessThan(pushed.indexOf('gap closed'));
  expect(pushed.slice(pushed.indexOf('channel missed'))).toEqual([
    ...['channel missed', 'gap planned', 'channel asked again', 'channel asked after 10', 'channel look_back'],
    ...['channel asked again', 'channel threads', 'channel done', 'gap closed'],
  ]);
  expect(keeper.openGaps).toBe(0);
  stop();
});

it('a thread that was caught up, went on and was archived while the gap grew is caught up again', async () => {
  let threadLast = 10;
  const thread = (): JsonObject => ({
    id: THREAD,
    parent_id: CHANNEL,
    last_message_id: id(threadLast),
    thread_metadata: { archived: true, archive_timestamp: new Date(SINCE_MS + 1_000).toISOString() },
  });
  const { keeper, pushed, describeGuild, release, stop } = setUp(() => [thread()]);
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  describeGuild(10);
  // The channel is compared, its threads are listed, the thread is being compared; then dispatches are missed again.
  await release('oldest');
  await eventually(() => expect(pushed).toContain('thread look_back'));
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  threadLast = 12;
  describeGuild(10);
  while (!pushed.includes('gap closed')) await release('newest');
  expect(pushed).toContain('thread asked after 10');
  stop();
});

it.each([
  ['is deleted is done', false, 'done'],
  ['is there is unrecoverable', true, 'unrecoverable'],
  ['may be there is unrecoverable', null, 'unrecoverable'],
] as const)('a channel whose history is refused and that %s', async (_what, isThere, phase) => {
  // A thread that was deleted while it was caught up used to be told as lost for ever, though nothing of it was missing.
  const { keeper, pushed, describeGuild, stop } = setUp(() => [], {
    messages: async () => ({ kind: 'refused', status: isThere === false ? 404 : 403 }),
    hasChannel: async () => isThere,
  });
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  describeGuild(11);
  await eventually(() => expect(pushed.slice(-2)).toEqual([`channel ${phase}`, 'gap closed']));
  stop();
});

it.each([
  ['is not shown any more ends as unrecoverable', null, ['channel presence', 'gap planned', 'channel unrecoverable']],
  [
    'is not there any more is deleted',
    false,
    ['channel presence', 'gap planned', `deleted ${CHANNEL}`, 'channel done'],
  ],
] as const)('a channel that Discord does not name and that, asked for, %s', async (_what, isThere, steps) => {
  const { keeper, pushed, stop } = setUp(() => [], { hasChannel: async () => isThere });
  const stored = { id: CHANNEL, guildId: GUILD, parentId: null, type: TEXT_TYPE, name: '', payload: '{}' };
  keeper.load([], [], [stored]);
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  keeper.plan({ id: GUILD, channels: [], threads: [] }, () => {});
  await eventually(() => expect(pushed.at(-1)).toBe('gap closed'));
  expect(pushed).toEqual(['gap open', ...steps, 'gap closed']);
  stop();
});

it('what is on its way of a channel that is deleted is not fed any more, and the gap closes without it', async () => {
  const { keeper, pushed, fed, waiting, describeGuild, release, stop } = setUp();
  keeper.open([GUILD], 'session_lost', SINCE_MS);
  describeGuild(11);
  await eventually(() => expect(waiting).toHaveLength(1));
  const deleted = { parentId: null, type: TEXT_TYPE, name: '', hash: '', payload: '{}', baselineMessageId: null };
  const when = { origin: 'live', observedAt: 1, isNews: true } as const;
  keeper.observe({ kind: 'channel', id: CHANNEL, guildId: GUILD, ...deleted, ...when, isDeleted: true });
  expect(pushed.at(-1)).toBe('gap closed');
  await release('oldest');
  expect(pushed.at(-1)).toBe('channel asked after 10');
  expect(fed).toEqual([]);
  stop();
});
