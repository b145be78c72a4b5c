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

const imported = (simulator: DiscordSimulator): Promise<void> =>
  eventually(
    async () => {
      const steps = await importOf(simulator);
      expect(steps.length).toBeGreaterThan(0);
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
    expect(ingester.logger.lines).toContain('import of older history is complete');
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
});
