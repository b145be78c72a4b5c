import { LOG_START } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { messages } from '../support/changes.ts';
import { proxyTo } from '../support/proxy-to.ts';
import type { TestLog } from '../support/use-event-log.ts';

export function describeReader(current: () => TestLog): void {
  /** Ten events, committed ten seconds apart from 10,000 ms on. */
  const fillTenEvents = async () => {
    const { becomeWriter, sql } = current();
    const writer = await becomeWriter();
    await writer.append(messages(1, 10));
    await sql('UPDATE event SET created_at = to_timestamp(seq * 10)');
    return writer.term;
  };

  describe('reading the log', () => {
    it('an empty log is at its start, whatever term its writer holds', async () => {
      const { log, becomeWriter } = current();
      await becomeWriter();

      expect(await Promise.all([log.read(0, 10), log.tail(10), log.locate(1)])).toEqual([[], [], null]);
      expect(await Promise.all([log.oldest(), log.positionAt(0), log.positionAt(9e12)])).toEqual([
        LOG_START,
        LOG_START,
        LOG_START,
      ]);
      expect(await log.prune(9e12, 100)).toBe(0);
    });

    it('I4: an overlap read starts with the event asked for and continues without holes', async () => {
      const { log } = current();
      await fillTenEvents();

      expect((await log.read(4, 3)).map(({ seq }) => seq)).toEqual([4, 5, 6]);
      expect((await log.read(10, 512)).map(({ seq }) => seq)).toEqual([10]);
      expect(await log.read(11, 512)).toEqual([]);
      expect((await log.tail(3)).map(({ seq }) => seq)).toEqual([8, 9, 10]);
      await expect(log.read(1, 1_001)).rejects.toThrow(RangeError);
      await expect(log.tail(0)).rejects.toThrow(RangeError);
    });

    it('I6: locate proves a position by its term and knows nothing of others', async () => {
      const { log } = current();
      const term = await fillTenEvents();

      expect(await log.locate(4)).toEqual({
        ...{ term, seq: 4, type: 'MESSAGE_CREATE', messageId: '4' },
        ...{ guildId: '1', channelId: '10', parentId: null, authorId: '900' },
      });
      expect(await log.locate(11)).toBeNull();
    });

    it('positionAt names the place after which everything committed since follows', async () => {
      const { log } = current();
      const term = await fillTenEvents();
      const seqAt = async (timeMs: number) => (await log.positionAt(timeMs)).seq;

      expect(await log.positionAt(0)).toEqual(LOG_START);
      expect(await log.positionAt(10_000)).toEqual(LOG_START);
      expect(await log.positionAt(10_001)).toEqual({ term, seq: 1 });
      expect(await Promise.all([15_000, 20_000, 20_001, 55_500, 100_000, 100_001, 9e12].map(seqAt))).toEqual([
        1, 1, 2, 5, 9, 10, 10,
      ]);
    });

    it('I6: after pruning, the oldest kept event is the earliest place to resume from', async () => {
      const { log } = current();
      const term = await fillTenEvents();
      expect(await log.oldest()).toEqual(LOG_START);

      expect(await log.prune(45_000, 3)).toBe(3);
      expect(await log.oldest()).toEqual({ term, seq: 4 });
      expect(await log.prune(45_000, 3)).toBe(1);
      expect(await log.prune(45_000, 3)).toBe(0);
      expect(await log.oldest()).toEqual({ term, seq: 5 });
      expect(await log.locate(4)).toBeNull();
      expect(await log.positionAt(0)).toEqual({ term, seq: 5 });
      expect(await log.positionAt(75_000)).toEqual({ term, seq: 7 });
    });

    it('prune never removes the newest event, nor makes a hole where the clock once stepped back', async () => {
      const { log, sql } = current();
      const term = await fillTenEvents();
      await sql('UPDATE event SET created_at = to_timestamp(1) WHERE seq = 8');

      expect(await log.prune(65_000, 100)).toBe(6);
      expect((await log.read(1, 100)).map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
      expect(await log.prune(9e12, 100)).toBe(3);
      expect(await log.oldest()).toEqual({ term, seq: 10 });
      expect(await log.tail(5)).toHaveLength(1);
    });

    it('ping answers, gives up after two seconds of silence, and rejects once the log is closed', async () => {
      const { url, openAnother } = current();
      const { proxy, url: proxied, close } = await proxyTo(url);
      const another = await openAnother(proxied);
      await expect(another.ping()).resolves.toBeUndefined();
      proxy.blackhole();
      const startedAt = performance.now();
      await expect(another.ping()).rejects.toMatchObject({ code: 'DATABASE', sqlState: null });
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      proxy.heal();
      await another.close();

      await expect(another.ping()).rejects.toMatchObject({ code: 'DATABASE' });
      await close();
    });
  });
}
