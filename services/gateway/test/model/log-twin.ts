import { type AppendResult, type Change, FencedError } from '@dms/event-log';
import { LOG_START, type LogEvent, type Position } from '@dms/protocol';
import { reduce, type StoredState } from '../../../../packages/event-log/src/reduce.ts';
import { connectionLost, type ModelLog, type ModelWriter } from './model-log.ts';

/** The rules of DESIGN §4 that a mutant may weaken. */
export interface TwinRules {
  readonly reduce: typeof reduce;
  /** What a commit compares before it sets the head. */
  readonly fence: 'term-and-seq' | 'seq' | 'none';
  /** False: a counter in the head row, which a failover takes back. */
  readonly isTermUnique: boolean;
  /** True: a writer goes on after an error as if nothing had been committed. */
  readonly isRetriedInTerm: boolean;
}

export const TWIN_RULES: TwinRules = { reduce, fence: 'term-and-seq', isTermUnique: true, isRetriedInTerm: false };

interface State {
  readonly term: number;
  readonly seq: number;
  readonly isHeld: boolean;
  readonly events: readonly LogEvent[];
  readonly messages: ReadonlyMap<string, StoredState>;
}

export interface LogTwin extends ModelLog {
  /** The term that the next acquire grants, for running beside a database whose clock chose it. */
  grantNext(term: number): void;
}

const EMPTY: State = { term: 0, seq: 0, isHeld: false, events: [], messages: new Map() };
const FIRST_TERM = 100;
const ORIGIN_SUFFIX = /,"origin":"[a-z]+"\}$/;

/** The event log in memory: the real reducer, the same compare-and-set, and nothing else. Fast enough for many walks; that it
 *  behaves like the real one is itself a test (`log-twin.test.ts`). */
export function createLogTwin(rules: TwinRules = TWIN_RULES): LogTwin {
  let state = EMPTY;
  let before: State[] = [];
  let clock = FIRST_TERM;
  let granted: number | null = null;

  const commit = (next: Partial<State>): void => {
    before.push(state);
    state = { ...state, ...next };
  };

  const nextTerm = (): number => {
    if (!rules.isTermUnique) return state.term + 1;
    clock = Math.max(clock, state.term) + 1;
    const term = granted ?? clock;
    granted = null;
    return term;
  };

  const append = (term: number, seq: number, changes: readonly Change[]): AppendResult | null => {
    const isHead = state.seq === seq && (state.term === term || rules.fence === 'seq');
    if (!isHead && rules.fence !== 'none') return null;
    const base = rules.fence === 'none' ? state.seq : seq;
    const { entries, purges, dropped } = rules.reduce(state.messages, changes);
    const events = entries.map(({ route, payload }, index) => ({ ...route, term, seq: base + index + 1, payload }));
    const messages = new Map(state.messages);
    for (const { route, row } of entries)
      if (row !== null && route.messageId !== null) messages.set(route.messageId, row);
    const prefixes = new Map(purges.map(({ id, prefix }) => [id, prefix]));
    const kept = state.events.map((event) => blanked(event, prefixes));
    commit({ seq: base + events.length, isHeld: true, events: [...kept, ...events], messages });
    return { events, dropped, deadLettered: 0 };
  };

  const createWriter = (term: number, precedingTerm: number, acquiredSeq: number): ModelWriter => {
    let seq = acquiredSeq;
    let isUsable = true;
    const giveUp = (error: Error): never => {
      isUsable = rules.isRetriedInTerm && !(error instanceof FencedError);
      throw error;
    };
    return {
      term,
      precedingTerm,
      acquiredSeq,
      async append(changes) {
        const result = isUsable ? append(term, seq, changes) : null;
        if (result === null) return giveUp(new FencedError(term));
        seq += result.events.length;
        return result;
      },
      async appendUnacknowledged(changes) {
        const result = isUsable ? append(term, seq, changes) : null;
        return giveUp(result === null ? new FencedError(term) : connectionLost());
      },
      async renew() {
        const isHead = state.seq === seq && (state.term === term || rules.fence === 'seq');
        if (!isUsable || (!isHead && rules.fence !== 'none')) return giveUp(new FencedError(term));
        state = { ...state, isHeld: true };
      },
      async release() {
        isUsable = false;
        if (state.term === term) state = { ...state, isHeld: false };
      },
    };
  };

  const positionAt = (index: number): Position => {
    const event = state.events.at(index);
    return event === undefined ? LOG_START : { term: event.term, seq: event.seq };
  };
  const oldest = (): Position => (state.events[0]?.seq === 1 ? LOG_START : positionAt(0));

  return {
    grantNext(term) {
      granted = term;
    },
    async acquire() {
      if (state.isHeld) return null;
      const { term: precedingTerm } = state;
      commit({ term: nextTerm(), isHeld: true });
      return createWriter(state.term, precedingTerm, state.seq);
    },
    read: async (fromSeq, limit) => state.events.filter((event) => event.seq >= fromSeq).slice(0, limit),
    tail: async (limit) => state.events.slice(-limit),
    async locate(seq) {
      const event = state.events.find((candidate) => candidate.seq === seq);
      if (event === undefined) return null;
      const { payload, ...route } = event;
      return route;
    },
    oldest: async () => oldest(),
    // Walks ask only for the beginning of time or for its end.
    positionAt: async (timeMs) => (timeMs <= 0 ? oldest() : positionAt(-1)),
    async expireLease() {
      state = { ...state, isHeld: false };
    },
    async pruneOldest(limit) {
      commit({ events: state.events.slice(Math.min(limit, Math.max(0, state.events.length - 1))) });
    },
    async failOver(commits) {
      const index = Math.max(0, before.length - commits);
      state = before[index] ?? state;
      before = before.slice(0, index);
    },
    async contents() {
      const { term, seq, isHeld, events, messages } = state;
      return { head: { term, seq }, isLeaseHeld: isHeld, events, messages };
    },
    async reset() {
      state = EMPTY;
      before = [];
      clock = FIRST_TERM;
    },
  };
}

function blanked(event: LogEvent, prefixes: ReadonlyMap<string, string>): LogEvent {
  const prefix = event.messageId === null ? undefined : prefixes.get(event.messageId);
  if (prefix === undefined) return event;
  return { ...event, payload: prefix + (ORIGIN_SUFFIX.exec(event.payload)?.[0] ?? '}') };
}
