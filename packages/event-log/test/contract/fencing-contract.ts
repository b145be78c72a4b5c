import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { guild, message, messages } from '../support/changes.ts';
import { proxyTo } from '../support/proxy-to.ts';
import type { TestLog } from '../support/use-event-log.ts';

export function describeFencing(current: () => TestLog): void {
  describe('lease and fencing', () => {
    it('grants one writer at a time, and the next one when the lease ran out by the database clock', async () => {
      const { log, becomeWriter, openAnother, sql } = current();
      const standby = await openAnother();
      const first = await becomeWriter(log, 'first');
      expect(await standby.acquire('second')).toBeNull();
      expect(await log.writerState()).toMatchObject({
        term: first.term,
        seq: 0,
        holder: 'first',
        isHeld: true,
        status: null,
      });
      await sql(`UPDATE head SET expires = now() + interval '150 milliseconds'`);

      const second = await eventually(async () => {
        const writer = await standby.acquire('second');
        expect(writer).not.toBeNull();
        return writer;
      });
      expect(second?.term).toBeGreaterThan(first.term);
      expect(await log.writerState()).toMatchObject({ holder: 'second', isHeld: true });
    });

    it('of many that try at once exactly one becomes the writer', async () => {
      const { log, openAnother } = current();
      const another = await openAnother();
      const candidates = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? log : another));
      const writers = await Promise.all(candidates.map((candidate, index) => candidate.acquire(`candidate ${index}`)));

      expect(writers.filter((writer) => writer !== null)).toHaveLength(1);
    });

    it('append and renew extend the lease; release frees it at once', async () => {
      const { log, becomeWriter, sql } = current();
      const leaseMs = async () => {
        const [row] = await sql(`SELECT floor(extract(epoch FROM expires - now()) * 1000)::int AS ms FROM head`);
        return Number(row?.ms);
      };
      const writer = await becomeWriter();
      for (const extend of [
        () => writer.append(messages(1, 1)),
        () => writer.renew({ discord: 'connecting', detail: 'x' }),
      ]) {
        await sql(`UPDATE head SET expires = now() + interval '1 second'`);
        await extend();
        expect(await leaseMs()).toBeGreaterThan(4_000);
      }
      expect((await log.writerState()).status).toEqual({ discord: 'connecting', detail: 'x' });
      await writer.release();

      expect((await log.writerState()).isHeld).toBe(false);
      expect(await log.acquire('next')).not.toBeNull();
    });

    it('I2: a new term exceeds every earlier one and the database clock, even when the grant itself was lost', async () => {
      const { becomeWriter, expireLease, sql } = current();
      const first = await becomeWriter();
      await expireLease();
      // A failover lost the grant: the head row is back to what it was before.
      await sql('UPDATE head SET term = 0');
      const second = await becomeWriter();
      await expireLease();
      await sql('UPDATE head SET term = 9000000000000000');
      const third = await becomeWriter();

      expect(second.term).toBeGreaterThan(first.term);
      expect(third.term).toBe(9_000_000_000_000_001);
    });

    it('I2: a zombie writes nothing after a takeover, whatever it tries', async () => {
      const { log, becomeWriter, openAnother, expireLease, sql } = current();
      const zombie = await becomeWriter(log, 'zombie');
      await zombie.append(messages(1, 3));
      await expireLease();
      const successor = await becomeWriter(await openAnother(), 'successor');
      const idle = await log.tail(10);

      await expect(zombie.append([message('50', 'too late'), guild('51', 'g')])).rejects.toMatchObject({
        code: 'FENCED',
      });
      await expect(zombie.renew({ discord: 'connected', detail: null })).rejects.toMatchObject({ code: 'FENCED' });
      await zombie.release();
      expect(await log.tail(10)).toEqual(idle);
      expect(await log.message('50')).toBeNull();
      expect(await sql('SELECT * FROM guild')).toEqual([]);
      expect(await log.writerState()).toMatchObject({ holder: 'successor', isHeld: true, status: null });
      expect((await successor.append([message('50', 'on time')])).events).toHaveLength(1);
    });

    it('I2: the same term with another seq is fenced too', async () => {
      const { becomeWriter, sql, log } = current();
      const writer = await becomeWriter();
      await writer.append(messages(1, 2));
      await sql('UPDATE head SET seq = 1');

      await expect(writer.append(messages(10, 1))).rejects.toMatchObject({ code: 'FENCED' });
      expect(await log.tail(10)).toHaveLength(2);
    });

    it('a writer whose append was rejected stays unusable', async () => {
      const { becomeWriter, sql } = current();
      const writer = await becomeWriter();
      await sql('UPDATE head SET seq = 5');
      await expect(writer.append(messages(1, 1))).rejects.toMatchObject({ code: 'FENCED' });
      await sql('UPDATE head SET seq = 0');

      await expect(writer.append(messages(1, 1))).rejects.toMatchObject({ code: 'FENCED' });
    });

    it('I8: after a commit whose answer was lost, feeding the batch again appends nothing twice', async () => {
      const { url, log, becomeWriter, openAnother, expireLease } = current();
      const { proxy, url: proxied, close } = await proxyTo(url);
      try {
        const cutOff = await openAnother(proxied);
        const writer = await becomeWriter(cutOff, 'cut off');
        const batch = [...messages(1, 5), message('1', 'edited', { editedAtMs: 1 })];
        proxy.dropAfter(0);
        const outcome = writer.append(batch);
        const rejected = expect(outcome).rejects.toMatchObject({ code: 'DATABASE', sqlState: null });
        await eventually(async () => expect(await log.tail(10)).toHaveLength(6));
        proxy.cut();
        await rejected;
        expect(proxy.fired.dropAfter).toBeGreaterThan(0);

        await expireLease();
        const successor = await becomeWriter();
        const again = await successor.append([...batch, message('6', 'new')]);
        expect(again.events.map(({ seq, messageId }) => [seq, messageId])).toEqual([[7, '6']]);
        expect(await log.tail(10)).toHaveLength(7);
      } finally {
        await close();
      }
    });

    it('stamps increase strictly, also past what another process stored under a faster clock', async () => {
      const { log, becomeWriter, openAnother, expireLease } = current();
      const future = log.stamp() + 3_600_000_000;
      await (await becomeWriter()).append([message('1', 'x', { observedAt: future })]);
      await expireLease();
      const successor = await openAnother();
      await becomeWriter(successor);

      const stamps = [successor.stamp(), successor.stamp(), successor.stamp()];
      expect(stamps[0]).toBeGreaterThan(future);
      expect(stamps).toEqual([...new Set(stamps)].sort((a, b) => a - b));
    });
  });
}
