import { startEmbeddedDatabase } from '@dms/embedded-database';
import { type LogWriter, migrate, openEventLog } from '@dms/event-log';
import type { LogEvent } from '@dms/protocol';
import { openDatabase } from '../../../../packages/event-log/src/database.ts';
import { connectionLost, FAR_FUTURE_MS, type LogContents, type ModelLog, type ModelWriter } from './model-log.ts';

const TABLES = ['event', 'message', 'head'] as const;
type Snapshot = Readonly<Record<(typeof TABLES)[number], string>>;

export interface RealLog extends ModelLog {
  close(): Promise<void>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The real event log on the embedded database. Leases end only when the walk says so, and a failover puts the tables back to
 *  what they were before the lost commits. */
export async function openRealLog(): Promise<RealLog> {
  const database = await startEmbeddedDatabase({ directory: null });
  await migrate(database.url);
  const log = await openEventLog(database.url);
  const sql = openDatabase(database.url, { poolSize: 1, applicationName: 'model' });
  let before: Snapshot[] = [];

  const takeSnapshot = async (): Promise<Snapshot> => {
    const columns = TABLES.map((table) => `(SELECT coalesce(json_agg(t), '[]')::text FROM ${table} AS t) AS ${table}`);
    const [row] = await sql.query(`SELECT ${columns.join(', ')}`);
    return { event: text(row?.event), message: text(row?.message), head: text(row?.head) };
  };
  const restore = async (snapshot: Snapshot): Promise<void> => {
    for (const table of TABLES) {
      await sql.query(`DELETE FROM ${table}`);
      await sql.query(
        `INSERT INTO ${table} SELECT * FROM json_populate_recordset(null::${table}, $1::json)`,
        snapshot[table],
      );
    }
    // A term is unique as long as a failover takes longer than the database's clock needs to tick.
    await sql.query('SELECT 1 AS done FROM pg_sleep(0.002)');
  };

  /** The walk is the only clock: a slow machine must not end a lease. */
  const holdLease = (): Promise<unknown> => sql.query("UPDATE head SET expires = 'infinity' WHERE expires > now()");

  /** Remembers what was before, for the failover that loses this commit. */
  const commit = async <T>(perform: () => Promise<T>, isCommitted: (result: T) => boolean = () => true): Promise<T> => {
    const snapshot = await takeSnapshot();
    const result = await perform();
    if (isCommitted(result)) {
      before.push(snapshot);
      await holdLease();
    }
    return result;
  };

  const wrap = (writer: LogWriter): ModelWriter => ({
    term: writer.term,
    precedingTerm: writer.precedingTerm,
    acquiredSeq: writer.acquiredSeq,
    append: (changes) => commit(() => writer.append(changes)),
    async appendUnacknowledged(changes) {
      await commit(() => writer.append(changes));
      throw connectionLost();
    },
    async renew(status) {
      await writer.renew(status);
      await holdLease();
    },
    release: () => writer.release(),
  });

  const contents = async (): Promise<LogContents> => {
    const { term, seq, isHeld } = await log.writerState();
    const events: LogEvent[] = [];
    for (let from = 0; ; from = (events.at(-1)?.seq ?? 0) + 1) {
      const page = await log.read(from, 1_000);
      events.push(...page);
      if (page.length < 1_000) break;
    }
    const rows = await sql.query('SELECT id::text, hash, deleted_at IS NOT NULL AS gone FROM message ORDER BY id');
    const messages = rows.map((row) => [text(row.id), { hash: text(row.hash), isDeleted: row.gone === true }] as const);
    return { head: { term, seq }, isLeaseHeld: isHeld, events, messages: new Map(messages) };
  };

  return {
    read: (fromSeq, limit) => log.read(fromSeq, limit),
    tail: (limit) => log.tail(limit),
    locate: (seq) => log.locate(seq),
    oldest: () => log.oldest(),
    positionAt: (timeMs) => log.positionAt(timeMs),
    async acquire(holder) {
      const writer = await commit(
        () => log.acquire(holder),
        (granted) => granted !== null,
      );
      return writer === null ? null : wrap(writer);
    },
    async expireLease() {
      await sql.query("UPDATE head SET expires = 'epoch'");
    },
    async pruneOldest(limit) {
      await commit(() => log.prune(FAR_FUTURE_MS, limit));
    },
    async failOver(commits) {
      const index = Math.max(0, before.length - commits);
      const snapshot = before[index];
      before = before.slice(0, index);
      if (snapshot !== undefined) await restore(snapshot);
    },
    contents,
    async reset() {
      for (const table of ['event', 'message', 'dead_letter']) await sql.query(`DELETE FROM ${table}`);
      await sql.query("UPDATE head SET term = 0, seq = 0, holder = '', expires = 'epoch', status = '{}'");
      before = [];
    },
    async close() {
      await sql.close();
      await log.close();
      await database.stop();
    },
  };
}
