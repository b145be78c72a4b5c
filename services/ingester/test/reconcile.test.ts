import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import type { HistoryPage } from '../src/discord-source.ts';
import { createProgress } from '../src/progress.ts';
import { reconcile } from '../src/reconcile.ts';
import { stringAt } from '../src/sanitise.ts';
import { recordingLogger } from './support/recording-logger.ts';

checkLeaks();

const GUILD = '100';

/** Answers as Discord does: up to 100 of the messages next after the id, newest first. */
function historyOf(channels: Readonly<Record<string, readonly number[]>>) {
  const asked: string[] = [];
  const messagesAfter = async (channelId: string, afterId: string): Promise<HistoryPage> => {
    asked.push(`${channelId} after ${afterId}`);
    const ids = channels[channelId];
    if (ids === undefined) return { kind: 'refused', status: 403 };
    const page = ids.filter((id) => id > Number(afterId)).slice(0, 100);
    return { kind: 'page', messages: page.toReversed().map((id) => ({ id: String(id), channel_id: channelId })) };
  };
  return { asked, messagesAfter };
}

const range = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

function setUp(
  messagesAfter: (channelId: string, afterId: string) => Promise<HistoryPage>,
  maxFed = Number.POSITIVE_INFINITY,
) {
  const fed: { id: number; channel: string; guild: string; observedAt: number }[] = [];
  const progress = createProgress();
  const logger = recordingLogger();
  let now = 0;
  const run = (afterIds: Readonly<Record<string, string>>, signal = new AbortController().signal): Promise<void> => {
    const stretches = Object.entries(afterIds).map(([channelId, afterId]) => ({ channelId, guildId: GUILD, afterId }));
    const deps = {
      source: { messagesAfter },
      progress,
      logger,
      stamp: () => ++now,
      hasRoom: () => true,
      feed(message: Parameters<typeof stringAt>[0], observedAt: number) {
        if (fed.length >= maxFed) return false;
        const text = (key: string): string => stringAt(message, key) ?? '';
        fed.push({ id: Number(text('id')), channel: text('channel_id'), guild: text('guild_id'), observedAt });
        return true;
      },
    };
    return reconcile(stretches, deps, signal);
  };
  return { fed, progress, logger, run };
}

describe('reconcile', () => {
  it('feeds every missed message of each channel, oldest first, over as many pages as it takes', async () => {
    const { asked, messagesAfter } = historyOf({ '1': range(10, 260), '2': range(500, 510) });
    const { fed, run } = setUp(messagesAfter);
    await run({ '1': '10', '2': '500' });
    const idsOf = (channel: string): readonly number[] =>
      fed.filter((one) => one.channel === channel).map(({ id }) => id);
    expect(idsOf('1')).toEqual(range(11, 260));
    expect(idsOf('2')).toEqual(range(501, 510));
    expect(asked.filter((line) => line.startsWith('1 '))).toEqual(['1 after 10', '1 after 110', '1 after 210']);
    // REST does not say the guild.
    expect(new Set(fed.map(({ guild }) => guild))).toEqual(new Set([GUILD]));
  });

  it('a page is as old as its request, so that a live edit meanwhile is newer', async () => {
    const { messagesAfter } = historyOf({ '1': range(1, 150) });
    const { fed, run } = setUp(messagesAfter);
    await run({ '1': '0' });
    expect(new Set(fed.map(({ observedAt }) => observedAt))).toEqual(new Set([1, 2]));
  });

  it('a channel that refuses us is logged and left, the others go on', async () => {
    const { asked, messagesAfter } = historyOf({ '2': [501] });
    const { fed, logger, progress, run } = setUp(messagesAfter);
    await run({ '1': '10', '2': '500' });
    expect(fed.map(({ id }) => id)).toEqual([501]);
    expect(asked).toEqual(['1 after 10', '2 after 500']);
    expect(logger.lines).toContain('discord refuses the history of a channel');
    expect(progress.cursor('1')).toBeUndefined();
  });

  it('an outage is waited for', async () => {
    const history = historyOf({ '1': [11] });
    let failures = 1;
    const { fed, run } = setUp(async (channelId, afterId) => {
      if (failures-- > 0) throw new Error('503');
      return history.messagesAfter(channelId, afterId);
    });
    await run({ '1': '10' });
    expect(fed.map(({ id }) => id)).toEqual([11]);
  });

  it('gives up as soon as nothing more is taken, and knows where to start again', async () => {
    const { asked, messagesAfter } = historyOf({ '1': range(10, 500) });
    const { progress, run } = setUp(messagesAfter, 120);
    await run({ '1': '10' });
    expect(asked).toHaveLength(2);
    expect(progress.cursor('1')).toBe('10');
  });

  it('ends when aborted, feeding nothing more', async () => {
    const stopping = new AbortController();
    const { fed, progress, run } = setUp(async () => {
      stopping.abort();
      return { kind: 'page', messages: [{ id: '11', channel_id: '1' }] };
    });
    await run({ '1': '10' }, stopping.signal);
    expect(fed).toEqual([]);
    expect(progress.cursor('1')).toBe('10');
  });

  it('a page of nonsense ends the channel instead of going round in circles', async () => {
    let pages = 0;
    const { fed, run } = setUp(async () => {
      pages += 1;
      return { kind: 'page', messages: Array.from({ length: 100 }, (_, index) => ({ id: index < 50 ? '5' : 7 })) };
    });
    await run({ '1': '10' });
    expect([pages, fed]).toEqual([1, []]);
  });
});
