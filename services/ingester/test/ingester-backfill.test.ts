import type { DiscordSimulator } from '@dms/discord-simulator';
import type { BackfillChange } from '@dms/event-log';
import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { ChannelType } from 'discord.js';
import { idOf } from './support/start-with.ts';
import { eventsOf, originOf, storedMessages } from './support/truth.ts';
import { channelId, say, useRig } from './support/use-rig.ts';

const { log, startSimulator, startIngester, expectTruth } = useRig();

const ALL = { backfillDays: Number.POSITIVE_INFINITY };
const DAY_MS = 86_400_000;
const guildOf = (simulator: DiscordSimulator): string => simulator.status().guilds[0]?.id ?? '';

/** Of the simulator's channels. */
const importOf = async (simulator: DiscordSimulator): Promise<readonly BackfillChange[]> =>
  (await log().backfills()).filter(({ guildId }) => guildId === guildOf(simulator));

const hasMessages = (steps: readonly BackfillChange[], channel: string, type: number): boolean =>
  type === ChannelType.GuildForum || steps.some(({ id, list }) => id === channel && list === 'messages');

const imported = (simulator: DiscordSimulator): Promise<void> =>
  eventually(
    async () => {
      const steps = await importOf(simulator);
      const begun = new Set(steps.map(({ id }) => id));
      const targets = (await log().backfillTargets()).filter(({ guildId }) => guildId === guildOf(simulator));
      expect(targets.length).toBeGreaterThan(0);
      expect(targets.filter(({ channelId: id }) => !begun.has(id))).toEqual([]);
      expect(targets.filter(({ channelId: id, type }) => !hasMessages(steps, id, type))).toEqual([]);
      expect(steps.filter(({ isDone }) => !isDone)).toEqual([]);
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );

describe('import of older history', () => {
  it('I8: brings everything: channels, active and archived threads, private ones, forum posts, announcements, voice', async () => {
    const simulator = await startSimulator();
    const guild = guildOf(simulator);
    const create = (name: string, type: number): string => {
      const channel = simulator.act({ op: 'create_channel', guild, name, type });
      return channel.kind === 'channel' ? channel.channel.id : '';
    };
    say(simulator, 250);
    say(simulator, 100, 'random');
    const forum = create('ideas', ChannelType.GuildForum);
    const news = create('news', ChannelType.GuildAnnouncement);
    const voice = create('voice', ChannelType.GuildVoice);
    create('empty', ChannelType.GuildText);
    say(simulator, 5, news);
    say(simulator, 5, voice);
    const general = channelId(simulator, 'general');
    for (let n = 0; n < 130; n += 1) {
      const post = idOf(simulator.act({ op: 'post', channel: forum, user: 'ada', name: `post ${n}`, text: 'idea' }));
      if (n === 0) say(simulator, 120, post);
      if (n % 2 === 0) simulator.act({ op: 'archive_thread', thread: post });
    }
    for (const isPrivate of [true, false]) {
      const what = {
        op: 'post',
        channel: general,
        user: 'bob',
        name: 'aside',
        text: 'hush',
        private: isPrivate,
      } as const;
      const thread = idOf(simulator.act(what));
      say(simulator, 3, thread);
      simulator.act({ op: 'archive_thread', thread });
    }
    const ingester = startIngester(simulator, ALL);
    await ingester.connected();
    say(simulator, 10);
    await imported(simulator);
    await expectTruth(simulator);
    const origins = (await eventsOf(log(), simulator)).map(originOf);
    expect(origins.filter((origin) => origin !== 'backfill')).toHaveLength(10);
    await eventually(() => expect(ingester.logger.lines).toContain('import of older history is complete'));
  }, 60_000);

  it('goes newest first and stops at its horizon; raised it goes on, lowered it stays', async () => {
    const clock = { nowMs: Date.now() - 40 * DAY_MS };
    const simulator = await startSimulator({ now: () => (clock.nowMs += 1) });
    for (let day = 0; day < 40; day += 1) {
      say(simulator, 20);
      clock.nowMs += DAY_MS;
    }
    const ids = simulator.truth().messages.map(({ id }) => id);
    const stored = async () => (await storedMessages(log(), simulator)).map(({ id }) => id);
    const run = async (backfillDays: number): Promise<void> => {
      const { connected, ingester } = startIngester(simulator, { backfillDays });
      await connected();
      await imported(simulator);
      await eventually(() => expect(ingester.queued).toBe(0));
      await ingester.stop();
    };
    await run(10.5);
    expect(await stored()).toEqual(ids.slice(-200));
    const events = (await eventsOf(log(), simulator)).filter(({ type }) => type === 'MESSAGE_CREATE');
    expect(events.map(({ messageId }) => messageId)).toEqual(ids.slice(-200).toReversed());
    const before = simulator.status().rest.requests;
    await run(5);
    await run(0);
    await run(10.5);
    expect(await stored()).toEqual(ids.slice(-200));
    expect(simulator.status().rest.requests - before).toBeLessThan(10);
    await run(30.5);
    expect(await stored()).toEqual(ids.slice(-600));
    await run(Number.POSITIVE_INFINITY);
    expect(await stored()).toEqual(ids);
  }, 60_000);

  it('live dispatches do not wait for it, and keep their order', async () => {
    const simulator = await startSimulator();
    say(simulator, 6_000);
    const { committed } = startIngester(simulator, ALL);
    const fetched = (): number => committed.filter((event) => originOf(event) === 'backfill').length;
    // All of it may be there before the status says that Discord is connected.
    await eventually(() => expect(fetched()).toBeGreaterThan(0), { timeoutMs: 15_000, intervalMs: 5 });
    const wentAhead: number[] = [];
    const live: string[] = [];
    while (fetched() < 5_000) {
      const { id } = simulator.createMessage({ channel: 'random', user: 'bob', text: `live ${live.length}` });
      live.push(id);
      const before = fetched();
      await eventually(() => expect(committed.some(({ messageId }) => messageId === id)).toBe(true), { intervalMs: 5 });
      wentAhead.push(fetched() - before);
    }
    expect(live.length).toBeGreaterThan(2);
    // The commit under way, and what fills up the next one: not the thousands that were fetched already.
    expect(Math.max(...wentAhead)).toBeLessThan(2_000);
    const inLog = committed.filter((event) => originOf(event) === 'live').map(({ messageId }) => messageId);
    expect(inLog).toEqual(live);
    await imported(simulator);
    await expectTruth(simulator);
  }, 60_000);

  it('a channel that Discord refuses is parked, visibly, and imported when it is shown: with what was written meanwhile', async () => {
    const simulator = await startSimulator();
    say(simulator, 10);
    say(simulator, 10, 'random');
    const hidden = simulator.faults.add({ kind: 'hide_channel', channel: 'random' });
    const { connected } = startIngester(simulator, ALL);
    await connected();
    const random = channelId(simulator, 'random');
    const general = channelId(simulator, 'general');
    const coverageOf = async (channel: string) =>
      (await log().coverage()).find((each) => each.channelId === channel)?.backfill;
    await eventually(async () => {
      expect(await coverageOf(general)).toMatchObject({ isDone: true, isWhole: true });
      expect(await coverageOf(random)).toMatchObject({ isDone: false, refused: 403 });
    });
    // Discord dispatches nothing of it.
    say(simulator, 5, 'random');
    simulator.faults.clear(hidden.id);
    say(simulator, 5, 'random');
    await imported(simulator);
    await expectTruth(simulator);
    expect(await coverageOf(random)).toMatchObject({ isDone: true, refused: null });
  }, 60_000);

  it('a channel that is deleted in the middle takes what was fetched of it with it', async () => {
    const simulator = await startSimulator();
    say(simulator, 900, 'random');
    say(simulator, 50);
    const late = { kind: 'rest_delay', ms: 1_000, answered: true, path: '/messages', times: 0 } as const;
    const slow = simulator.faults.add(late);
    const { connected, committed } = startIngester(simulator, ALL);
    await connected();
    const random = channelId(simulator, 'random');
    await eventually(() => expect(committed.some((event) => event.channelId === random)).toBe(true));
    const fired = () => simulator.faults.list().find(({ id }) => id === slow.id)?.fired ?? 0;
    // The next page is on its way.
    const before = fired();
    await eventually(() => expect(fired()).toBeGreaterThan(before), { intervalMs: 5 });
    simulator.act({ op: 'delete_channel', channel: random });
    // Not by what waits to be swept: that may be over between two looks.
    await eventually(() => expect(committed.some(({ type }) => type === 'CHANNEL_DELETE')).toBe(true));
    await imported(simulator);
    // The books of a deleted channel have its messages as deleted; those that were never imported are not in the store.
    const alive = async () => (await storedMessages(log(), simulator)).filter(({ isDeleted }) => !isDeleted);
    await eventually(async () => expect(await alive()).toHaveLength(50), { timeoutMs: 20_000 });
    await eventually(async () => expect(await log().deletedChannels(10)).toEqual([]));
  }, 60_000);

  it('keeps Discord’s limits, whatever their headers say, and waits for outages', async () => {
    const simulator = await startSimulator({ rateLimits: true });
    say(simulator, 700);
    say(simulator, 150, 'random');
    simulator.faults.add({ kind: 'lying_headers' });
    const faults = [
      simulator.faults.add({ kind: 'rest', status: 429, path: '/messages', retry_after: 0.2, global: true }),
      simulator.faults.add({ kind: 'rest', status: 503, path: '/messages', times: 8 }),
    ];
    const { connected } = startIngester(simulator, ALL);
    await connected();
    await imported(simulator);
    await expectTruth(simulator);
    const fired = faults.map(({ id }) => simulator.faults.list().find((fault) => fault.id === id)?.fired);
    expect(fired).toEqual([1, 8]);
  }, 60_000);

  it('I8: whoever is interrupted goes on where the last one was: no page is fetched far more than once', async () => {
    const simulator = await startSimulator();
    say(simulator, 2_000);
    const slow = simulator.faults.add({ kind: 'rest_delay', ms: 100, path: '/messages', times: 0 });
    for (const least of [300, 800, 1_300]) {
      const { connected, ingester, committed } = startIngester(simulator, ALL);
      await connected();
      await eventually(async () => expect((await storedMessages(log(), simulator)).length).toBeGreaterThan(least), {
        ...{ timeoutMs: 20_000, intervalMs: 100 },
      });
      expect(committed.length).toBeLessThan(2_000);
      await ingester.stop();
    }
    simulator.faults.clear(slow.id);
    const { connected } = startIngester(simulator, ALL);
    await connected();
    await imported(simulator);
    await expectTruth(simulator);
    // 20 pages and an empty one; again at most the one in flight and those not stored yet.
    expect(slowPages(simulator)).toBeLessThan(21 + 3 * 4);
  }, 60_000);
});

const slowPages = (simulator: DiscordSimulator): number =>
  simulator.faults.list().find(({ kind }) => kind === 'rest_delay')?.fired ?? Number.POSITIVE_INFINITY;
