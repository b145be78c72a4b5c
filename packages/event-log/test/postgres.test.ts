import { describeWith, eventually, infrastructure, usePostgres } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { openDatabase } from '../src/database.ts';
import type { MessageQuery } from '../src/index.ts';
import { pageStatement } from '../src/page-statement.ts';
import { describeEventLogContract } from './event-log-contract.ts';
import { message, messages, NEWEST_PAGE } from './support/changes.ts';
import { useEventLog } from './support/use-event-log.ts';

describeWith(infrastructure.postgres, 'with a real server', () => {
  const server = usePostgres({ fsync: false });
  describeEventLogContract('PostgreSQL', () => server().createDatabase());
});

// What the embedded database cannot show: several backends, locks, outages, and plans over many rows.
describeWith(infrastructure.postgresProcess, 'with a server of our own', () => {
  const server = usePostgres({ fsync: false, mustBeOwn: true });
  const current = useEventLog(() => server().createDatabase());

  /** Runs `task` while another session holds the head row. */
  const whileHeadIsLocked = async (task: () => Promise<void>, settings: readonly string[] = []) => {
    const holder = openDatabase(current().url, { poolSize: 1, applicationName: 'holder' });
    try {
      for (const statement of [...settings, 'BEGIN', 'SELECT 1 FROM head FOR UPDATE']) await holder.query(statement);
      await task();
    } finally {
      await holder.close();
    }
  };

  it('acquire gives up after about a second when a frozen session holds the head row', async () => {
    await whileHeadIsLocked(async () => {
      const startedAt = performance.now();
      expect(await current().log.acquire('standby')).toBeNull();
      expect(performance.now() - startedAt).toBeGreaterThan(900);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });
    expect(await current().log.acquire('standby')).not.toBeNull();
  });

  // Measured: of a leader that was frozen between its statement and the Sync behind it, no time-out of PostgreSQL's took the
  // lock away, and no standby ever led.
  it('acquire ends a session that keeps the head row and that no time-out of its own ends', async () => {
    await whileHeadIsLocked(async () => {
      await eventually(async () => expect(await current().log.acquire('standby')).not.toBeNull(), {
        timeoutMs: 15_000,
      });
    }, ['SET idle_in_transaction_session_timeout = 0']);
  });

  it('I8: an append whose session was killed in the middle is fed again without loss or repeat', async () => {
    const { log, becomeWriter, expireLease, sql } = current();
    const writer = await becomeWriter();
    const batch = messages(1, 5);
    await whileHeadIsLocked(async () => {
      const rejected = expect(writer.append(batch)).rejects.toMatchObject({ code: 'DATABASE', sqlState: '57P01' });
      await eventually(async () => {
        const [row] = await sql(`SELECT count(pg_terminate_backend(pid))::int AS killed FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`);
        expect(row?.killed).toBe(1);
      });
      await rejected;
    });
    await expireLease();
    const successor = await becomeWriter();

    expect(await log.tail(10)).toEqual([]);
    expect((await successor.append(batch)).events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('an outage rejects as "no answer" or by its SQLSTATE, and the same log works again afterwards', async () => {
    const { log, becomeWriter, expireLease } = current();
    const writer = await becomeWriter();
    await server().kill('SIGKILL');
    await expect(log.ping()).rejects.toMatchObject({ code: 'DATABASE' });
    await expect(log.read(1, 10)).rejects.toMatchObject({ code: 'DATABASE', sqlState: null });
    await expect(writer.append(messages(1, 1))).rejects.toMatchObject({ code: 'DATABASE' });
    await server().restart();

    await eventually(() => log.ping());
    await eventually(() => expireLease());
    expect((await (await becomeWriter()).append(messages(1, 1))).events).toHaveLength(1);
  });

  it('history is read by index ranges: a quiet channel, author or guild costs no more than a busy one', async () => {
    const { sql } = current();
    // Half of all messages in channel 1; channel 999 fell silent long ago; nobody knows channel 5000.
    await sql(`INSERT INTO message (id, guild_id, channel_id, parent_id, author_id, hash, observed_at, revision, payload)
      SELECT i, 1 + i % 3, CASE WHEN i % 2 = 0 THEN 1 WHEN i < 500 THEN 999 ELSE 10 + i % 50 END,
        CASE WHEN i % 10 = 5 THEN 1000 + i % 7 END, i % 500, '', 0, 0, '{"content":"' || repeat('x', 180) || '"}' FROM generate_series(1, 30000) AS i`);
    await sql('ANALYZE');
    const plan = async (query: Partial<MessageQuery>): Promise<string> => {
      const { sql: page, values } = pageStatement({ ...NEWEST_PAGE, limit: 50, includeDeleted: false, ...query });
      const database = openDatabase(current().url, { poolSize: 1, applicationName: 'test' });
      const rows = await database.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${page}`, ...values);
      await database.close();
      return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    };
    const queries: readonly Partial<MessageQuery>[] = [
      {},
      { cursor: { kind: 'around', id: '15000' } },
      ...['1', '11', '999', '5000', '1003'].map((id) => ({ channelIds: [id] })),
      { channelIds: ['11'], cursor: { kind: 'after', id: '20000' } },
      { authorIds: ['77'] },
      { authorIds: ['123456'] },
      { guildIds: ['1'] },
      { guildIds: ['77'] },
      { withinChannels: ['999', '5000'], guildIds: ['1'] },
    ];
    for (const query of queries) {
      const text = await plan(query);
      const buffers = Number(/Buffers: shared hit=(\d+)/.exec(text)?.[1]);
      expect([query, text.includes('Seq Scan on message')]).toEqual([query, false]);
      expect([query, buffers < 600]).toEqual([query, true]);
    }
  });

  it('a search reads the index of words for what is rare, and walks back from the newest for what is in every message', async () => {
    const { sql } = current();
    await sql(`INSERT INTO message (id, guild_id, channel_id, author_id, hash, observed_at, revision, payload)
      SELECT i, 1, 10 + i % 50, 900, '', 0, 0, json_build_object('content', 'common ' || md5(i::text))::text
      FROM generate_series(1, 20000) AS i`);
    await sql(`UPDATE message SET payload = '{"content":"common needle"}' WHERE id = 5`);
    await sql('ANALYZE');
    const plan = async (search: string): Promise<string> => {
      const { sql: page, values } = pageStatement({ ...NEWEST_PAGE, includeDeleted: false, search });
      const database = openDatabase(current().url, { poolSize: 1, applicationName: 'test' });
      const rows = await database.query(`EXPLAIN (COSTS OFF) ${page}`, ...values);
      await database.close();
      return rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    };
    expect(await plan('needle')).toContain('message_words_idx');
    expect(await plan('common')).toContain('message_pkey');
    expect(await plan('common')).not.toContain('Seq Scan on message');
  });

  it('a lookup below the window and a purge touch only the rows they name', async () => {
    const { becomeWriter, sql } = current();
    await sql(`INSERT INTO message (id, guild_id, channel_id, author_id, hash, observed_at, revision, payload)
      SELECT i, 1, 10, 900, 'h', 0, 0, '{"id":"' || i || '"}' FROM generate_series(1, 20000) AS i`);
    await sql(`INSERT INTO event (seq, term, type, message_id, payload)
      SELECT i, 1, 'MESSAGE_CREATE', i, '{"id":"' || i || '","origin":"live"}' FROM generate_series(1, 20000) AS i`);
    await sql('UPDATE head SET seq = 20000');
    const writer = await becomeWriter();
    await writer.append([message('3', 'edited'), { ...message('5', ''), kind: 'delete', bulkId: null }]);

    expect(await sql(`SELECT seq::int, payload FROM event WHERE message_id = 5 AND seq <= 20000`)).toEqual([
      { seq: 5, payload: '{"id":"5","channel_id":"10","guild_id":"1","purged":true,"origin":"live"}' },
    ]);
    expect(await sql(`SELECT count(*)::int AS n FROM event WHERE payload LIKE '%purged%'`)).toEqual([{ n: 1 }]);
  });
});
