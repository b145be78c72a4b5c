import type { EmphasisName } from './campaign.ts';
import type { Edit } from './code-under-test.ts';
import type { TwinRules } from './log-twin.ts';

/** A rule of the protocol replaced by a naive one. The walks must find the damage. */
export interface Mutant {
  /** The naive rule, and what it costs. */
  readonly name: string;
  readonly emphasis: EmphasisName;
  /** Replacements in the shipped source. */
  readonly edits?: readonly Edit[];
  /** For rules that live in SQL: the twin's counterpart, and the shipped text it stands for. */
  readonly rules?: Partial<TwinRules>;
  readonly isHelloUnstored?: boolean;
  readonly standsFor?: { readonly file: string; readonly text: string };
}

const NO_TICK: Edit = { file: 'feed', from: '      else if (syncing === null) await sync();\n', to: '' };
const SUBSCRIBE = `    subscription ??= broker.subscribe({ events: receive, subscribed: heal, malformed: countMalformed });
    await subscription;
`;
const LOADED = '    ring.reset(newest, last.seq + 1);\n';
const IS_NEXT = 'if (hint.term === expected.term && hint.seq === expected.seq + 1) {';
const IS_ODD = '} else if (hint.term !== expected.term || hint.seq > expected.seq) {';
const IS_DIVERGED = "if (verdict === 'diverged') {";
const SYNC_BEFORE_DECIDING =
  "  if (!(await feed.sync())) return { kind: 'unavailable' };\n  if (isHeld(position, feed))";
const RESUMED = "{ kind: 'attached', cursor: position, isResumed: true, reason: null }";
const ATTACH_IMPORT =
  "import { isSamePosition, LOG_START, type Position, type ResetReason, type Since } from '@dms/protocol';\n";

/** The naive rules of reliability.md §2.1 and of its review, in the order of the message's way. */
export const NAIVE_RULES: readonly Mutant[] = [
  {
    name: 'I1: a commit compares only the seq → foreign history',
    emphasis: 'failovers',
    rules: { fence: 'seq' },
    standsFor: { file: 'event-log/append-statement', text: 'WHERE id = 1 AND term = $1::bigint AND seq = $2::bigint' },
  },
  {
    name: 'I1: a commit compares nothing → foreign history',
    emphasis: 'everything',
    rules: { fence: 'none' },
    standsFor: { file: 'event-log/writer', text: 'if (rows.length !== 1) throw new FencedError(term);' },
  },
  {
    name: 'I2: after a commit of unknown outcome the writer goes on in its term → one name for two events',
    emphasis: 'lost acknowledgements and failovers',
    rules: { isRetriedInTerm: true },
    standsFor: { file: 'event-log/writer', text: 'isUsable = false;\n        throw error;' },
  },
  {
    name: 'I2: a term is a plain counter → one name for two events',
    emphasis: 'failovers',
    rules: { isTermUnique: false },
    standsFor: {
      file: 'event-log/acquire',
      text: 'GREATEST(head.term + 1, floor(extract(epoch FROM clock_timestamp())',
    },
  },
  {
    name: 'I8: a change is fed again without comparing when it was observed → the message goes back',
    emphasis: 'lost acknowledgements',
    edits: [
      {
        file: 'reduce',
        from: "  if (change.observedAt <= before.observedAt) return { kind: 'drop', reason: 'stale' };\n",
        to: '',
      },
    ],
  },
  { name: 'I7: no tick → the last event before a silence is lost', emphasis: 'lost subscriptions', edits: [NO_TICK] },
  {
    name: 'I7: load before subscribe, no tick → what is published in between is lost',
    emphasis: 'no faults',
    edits: [NO_TICK, { file: 'feed', from: SUBSCRIBE, to: '' }, { file: 'feed', from: LOADED, to: LOADED + SUBSCRIBE }],
  },
  {
    name: 'I4: a hint is pushed without a gap check → hole',
    emphasis: 'everything',
    edits: [{ file: 'feed', from: IS_NEXT, to: 'if (hint.term === expected.term && hint.seq > expected.seq) {' }],
  },
  {
    name: 'I4: the gap check compares only the seq → foreign history',
    emphasis: 'failovers',
    edits: [
      { file: 'feed', from: IS_NEXT, to: 'if (hint.seq === expected.seq + 1) {' },
      { file: 'feed', from: IS_ODD, to: '} else if (hint.seq > expected.seq) {' },
    ],
  },
  {
    name: 'I4: the overlap read has no anchor → foreign history',
    emphasis: 'failovers',
    edits: [{ file: 'feed', from: IS_DIVERGED, to: 'if (rows.length < 0) {' }],
  },
  {
    name: 'I7: the tick compares only the seq → a log refilled to the same length goes unnoticed',
    emphasis: 'failovers',
    edits: [{ file: 'feed', from: IS_DIVERGED, to: "if (rows.length > 1 && verdict === 'diverged') {" }],
  },
  {
    name: 'I5: at or after the head means up to date → loss',
    emphasis: 'failovers',
    edits: [
      {
        file: 'attach',
        from: `  if (isHeld(position, feed)) return ${RESUMED};\n  // Ahead`,
        to: `  if (position.seq >= feed.last.seq || isHeld(position, feed)) return ${RESUMED};\n  // Ahead`,
      },
    ],
  },
  {
    name: 'I6: a position is only a seq → foreign history or no way back',
    emphasis: 'failovers',
    edits: [
      {
        file: 'attach',
        from: ATTACH_IMPORT,
        to: `${ATTACH_IMPORT.replace('isSamePosition, ', '')}const isSamePosition = (a: Position, b: Position) => a.seq === b.seq;\n`,
      },
    ],
  },
  {
    name: 'I6: ahead of the gateway means reset → needless reset',
    emphasis: 'hopping clients',
    edits: [{ file: 'attach', from: SYNC_BEFORE_DECIDING, to: '  if (isHeld(position, feed))' }],
  },
  {
    name: 'I6: an outage is reported as a reset → needless reset',
    emphasis: 'read errors',
    edits: [
      {
        file: 'attach',
        from: SYNC_BEFORE_DECIDING,
        to: "  if (!(await feed.sync())) return resetTo(feed.last, 'diverged');\n  if (isHeld(position, feed))",
      },
    ],
  },
  {
    name: 'I6: a pruned position is resumed all the same → stuck or partial',
    emphasis: 'pruning',
    edits: [
      {
        file: 'attach',
        from: "  return resetTo(feed.last, position.seq < feed.oldest.seq ? 'too_old' : 'diverged');",
        to: `  return ${RESUMED};`,
      },
    ],
  },
  {
    name: 'I5: HELLO has no position → what comes before the first event is lost',
    emphasis: 'hopping clients',
    isHelloUnstored: true,
    standsFor: { file: 'websocket-door', text: 'position: attachment.cursor,' },
  },
  {
    name: 'I5: history is a snapshot, then the connection goes live → hole',
    emphasis: 'no faults',
    edits: [
      {
        file: 'hub',
        from: '    queueCatchUp(connection);\n  };\n\n  const readPage',
        to: '    goLive(connection, feed().last);\n  };\n\n  const readPage',
      },
    ],
  },
  {
    name: 'I5: a connection goes live before it caught up → hole',
    emphasis: 'no faults',
    edits: [
      { file: 'hub', from: 'if (place.cursor.seq >= log.floor.seq) return', to: 'if (place.cursor.seq >= 0) return' },
    ],
  },
  {
    name: 'I5: a new filter begins at the head → what the socket still lacked is lost',
    emphasis: 'no faults',
    edits: [
      {
        file: 'hub',
        from: 'const effectiveAfter = tellPosition(connection, feed().last);',
        to: 'const effectiveAfter = feed().last;',
      },
    ],
  },
  {
    name: 'I5: a connection moves to the compressed stream before it has what went before → hole',
    emphasis: 'no faults',
    edits: [{ file: 'compressed-logs', from: ' && place.offset === plain.endOffset', to: '' }],
  },
  {
    name: 'purge: the ring keeps the content of deleted messages',
    emphasis: 'no faults',
    edits: [{ file: 'feed', from: 'ring.purge(event.messageId, event.seq);', to: '[event.seq - 1];' }],
  },
];

/** Bugs that these walks found in the code when they were written, put back one at a time. */
export const FOUND_BUGS: readonly Mutant[] = [
  {
    name: 'I5: a filtered connection with an event to come is told an older position than before',
    emphasis: 'everything',
    edits: [{ file: 'connection', from: '  return connection.told;', to: '  return position;' }],
  },
  {
    name: 'purge: a shared log that reaches further back than the ring keeps the content',
    emphasis: 'slow pages',
    edits: [
      {
        file: 'feed',
        from: 'listener.purged(purged.at(-1) ?? ring.firstSeq - 1);',
        to: 'if (purged.length > 0) listener.purged(purged.at(-1) ?? 0);',
      },
    ],
  },
  {
    name: 'purge: raising the floor pumps a neighbour with what is being purged',
    emphasis: 'a crowd',
    edits: [
      {
        file: 'hub',
        from: '      below.push(connection);\n',
        to: '      below.push(connection);\n      rotation.remove(log, connection);\n',
      },
    ],
  },
];
