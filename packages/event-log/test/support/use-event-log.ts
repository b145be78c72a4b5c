import { afterEach, beforeEach } from '@jest/globals';
import { openDatabase } from '../../src/database.ts';
import { type EventLog, type EventLogOptions, type LogWriter, migrate, openEventLog } from '../../src/index.ts';
import type { Row } from '../../src/rows.ts';

/** An empty, reachable database; the contract migrates it. */
export type OpenDatabase = () => Promise<string>;

export interface TestLog {
  readonly url: string;
  /** Opened before each test. */
  readonly log: EventLog;
  /** Another process's view; closed after the test. */
  openAnother(url?: string, options?: EventLogOptions): Promise<EventLog>;
  sql(statement: string): Promise<readonly Row[]>;
  /** Acquires and fails when somebody else holds the lease. */
  becomeWriter(log?: EventLog, holder?: string): Promise<LogWriter>;
  /** Ends the lease as the database's clock would, five seconds later. */
  expireLease(): Promise<void>;
}

/** A migrated database and an open log for every test of the surrounding `describe`. Call the result inside tests. */
export function useEventLog(openEmptyDatabase: OpenDatabase): () => TestLog {
  let current: TestLog | null = null;
  let closers: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    const url = await openEmptyDatabase();
    await migrate(url);
    const raw = openDatabase(url, { poolSize: 1, applicationName: 'test' });
    closers.push(() => raw.close());
    const openAnother = async (otherUrl = url, options: EventLogOptions = {}) => {
      const other = await openEventLog(otherUrl, options);
      closers.push(() => other.close());
      return other;
    };
    const log = await openAnother();
    current = {
      url,
      log,
      openAnother,
      sql: (statement) => raw.query(statement),
      async becomeWriter(by = log, holder = 'a') {
        const writer = await by.acquire(holder);
        if (writer === null) throw new Error('the lease is not free');
        return writer;
      },
      async expireLease() {
        await raw.query(`UPDATE head SET expires = now() - interval '1 second'`);
      },
    };
  });
  afterEach(async () => {
    await Promise.all(closers.map((close) => close()));
    closers = [];
    current = null;
  });
  return () => {
    if (current === null) throw new Error('the log is open only inside tests');
    return current;
  };
}
