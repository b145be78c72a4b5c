import {
  type AppendResult,
  type Change,
  type DiscordSession,
  FencedError,
  type LogWriter,
  type WriterStatus,
} from '@dms/event-log';

/** A log in memory with one lease, which tests break and steal. Each new id is one event; a second time it is `same`. */
export interface FakeLog {
  readonly stored: string[];
  readonly batches: number[];
  readonly statuses: WriterStatus[];
  /** The sequence of each session stored, when it moved. */
  readonly sessions: number[];
  /** One for each coming append that shall fail. */
  readonly failures: ('before commit' | 'after commit')[];
  acquires: number;
  /** Begun, whether or not they ended. */
  appends: number;
  isUnreachable: boolean;
  /** Awaited inside each append. */
  hold: Promise<void>;
  stealLease(): void;
  /** Whoever stole it is done. */
  endLease(): void;
  /** A failover to a replica that never saw the newest `count` changes; the writer at work loses its lease. */
  loseCommits(count: number): void;
  acquire(holder: string): Promise<LogWriter | null>;
}

export function createFakeLog(): FakeLog {
  let term = 0;
  /** What a failover leaves of it. */
  let storedTerm = 0;
  let holder: string | null = null;

  const store = (session: DiscordSession | null | undefined): void => {
    if (session && log.sessions.at(-1) !== session.sequence) log.sessions.push(session.sequence);
  };

  const append = async (
    mine: number,
    changes: readonly Change[],
    session: DiscordSession | null | undefined,
  ): Promise<AppendResult> => {
    log.appends += 1;
    await log.hold;
    if (mine !== term) throw new FencedError(mine);
    const failure = log.failures.shift();
    if (failure === 'before commit') throw new Error('connection lost');
    log.batches.push(changes.length);
    const fresh = changes.filter(({ id }) => !log.stored.includes(id));
    const seq = log.stored.length;
    log.stored.push(...fresh.map(({ id }) => id));
    store(session);
    if (failure === 'after commit') throw new Error('connection lost');
    const events = fresh.map(({ id }, index) => ({
      ...{ term: mine, seq: seq + index + 1, type: 'MESSAGE_DELETE', payload: '{}' },
      ...{ guildId: null, channelId: null, parentId: null, authorId: null, messageId: id },
    }));
    const dropped = { same: changes.length - fresh.length, stale: 0, deleted: 0, incomplete: 0 };
    return { events, dropped, deadLettered: 0 };
  };

  const log: FakeLog = {
    stored: [],
    batches: [],
    statuses: [],
    sessions: [],
    failures: [],
    acquires: 0,
    appends: 0,
    isUnreachable: false,
    hold: Promise.resolve(),
    stealLease() {
      term += 1;
      storedTerm = term;
      holder = 'somebody else';
    },
    endLease() {
      holder = null;
    },
    loseCommits(count) {
      log.stored.splice(log.stored.length - count, count);
      term += 1;
      holder = null;
    },
    async acquire(by) {
      log.acquires += 1;
      if (log.isUnreachable) throw new Error('database is away');
      if (holder !== null) return null;
      holder = by;
      const precedingTerm = storedTerm;
      term += 1;
      storedTerm = term;
      const mine = term;
      return {
        term: mine,
        precedingTerm,
        acquiredSeq: log.stored.length,
        append: (changes, session) => append(mine, changes, session),
        async renew(status, session) {
          if (mine !== term) throw new FencedError(mine);
          log.statuses.push(status);
          store(session);
        },
        async release() {
          if (mine === term) holder = null;
        },
      };
    },
  };
  return log;
}
