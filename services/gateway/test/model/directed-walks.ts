import type { Mutant } from './mutants.ts';
import type { Directions } from './walk.ts';

/** A race so narrow that walks left to chance need thousands of tries: told step by step, and the rule that wins it. */
export interface DirectedWalk {
  readonly name: string;
  readonly directions: Directions;
  /** Without these the walk must break a promise. */
  readonly mutant: Pick<Mutant, 'edits'>;
  /** False where the race needs pages larger than those of `SMALL_BOUNDS`. */
  readonly isBounded: boolean;
}

const DIFFERS_FROM_RING = "  if (held !== undefined && held.term !== newest.term) return { kind: 'lost' };\n";

const ALONE = {
  ...{ gateways: 1, ringEvents: 2, highWaterFrames: Number.POSITIVE_INFINITY, clients: 1 },
  ...{ isEverybodyUnfiltered: true, isCompressed: false, isWarm: true, maxChanges: 40 },
} as const;

/** One commit of that many new messages, at most three. */
const commit = (messages: number): readonly string[] => [
  ...Array.from({ length: messages }, () => 'something happens'),
  `A commits #${messages - 1}`,
  `A commits ${messages}`,
];
const HINTED = ['G0 receives hints', '*G0 reads'] as const;
const SENT = ['*G0 takes a turn', '*client 0 reads'] as const;
const DROPPED = ['client 0 drops', 'a drop is noticed'] as const;
/** A resume that only the log can answer. */
const RESUMED_DEEP = ['client 0 connects to G0', '*G0 reads', 'G0 locates', ...SENT] as const;
/** The writer finds itself fenced and leads again in a new term. */
const NEW_TERM = [
  'forced takeover',
  'something happens',
  'A commits',
  'A commits 1',
  'A acquires',
  'A acquires',
] as const;

export const DIRECTED_WALKS: readonly DirectedWalk[] = [
  {
    name: 'I5: a connection that joins during a round does not take the visit of another',
    isBounded: true,
    directions: {
      ...{ ...ALONE, clients: 3, isEverybodyUnfiltered: false },
      steps: [
        ...['client 1 asks for another filter #1', '*G0 takes a turn', ...commit(1), ...HINTED, '*G0 takes a turn'],
        ...['client 1 asks for another filter #0', ...commit(1), 'G0 receives hints', '*G0 takes a turn'],
      ],
    },
    mutant: {
      edits: [{ file: 'rotation', from: '      if (ring.owed > 0) ring.owed += 1;\n', to: '' }],
    },
  },
  {
    name: 'I5: a page of the database is compared with the cursor and with the ring',
    isBounded: true,
    directions: {
      ...ALONE,
      steps: [
        ...[...commit(2), ...HINTED, ...SENT, ...commit(3), ...HINTED, ...SENT, ...DROPPED],
        ...[...commit(3), ...HINTED, ...RESUMED_DEEP],
        ...[
          'failover losing 2',
          ...NEW_TERM,
          'A commits #0',
          'A commits 1',
          ...commit(3),
          ...commit(2),
          'G0 reads a page',
        ],
        ...SENT,
      ],
    },
    mutant: {
      edits: [
        {
          file: 'catch-up',
          from: 'if (!isAnchored || newest === undefined) return',
          to: 'if (newest === undefined) return',
        },
        { file: 'catch-up', from: DIFFERS_FROM_RING, to: '' },
      ],
    },
  },
  {
    name: 'I5: memory follows a page only where both show the same event',
    isBounded: true,
    directions: {
      ...ALONE,
      steps: [
        ...[...commit(2), ...HINTED, ...SENT, ...DROPPED],
        ...[...commit(2), ...HINTED, ...commit(2), ...HINTED, ...RESUMED_DEEP],
        ...['failover losing 2', ...NEW_TERM, 'A commits #0', 'A commits 1', ...commit(1), 'G0 reads a page'],
        ...SENT,
      ],
    },
    mutant: {
      edits: [{ file: 'hub', from: 'if (place.isOnFeed) {', to: 'if (place.cursor.seq >= 0) {' }],
    },
  },
  {
    name: 'purge: a page that is older than a delete is read again, even when the delete has left the ring',
    isBounded: true,
    directions: {
      ...ALONE,
      steps: [
        ...[...commit(2), ...HINTED, ...SENT, ...DROPPED],
        ...[...commit(2), ...HINTED, ...commit(2), ...HINTED, ...RESUMED_DEEP, 'G0 reads a page: effect'],
        // The third message.
        ...['something happens #17', 'A commits #0', 'A commits 1', ...HINTED, ...commit(2), ...HINTED],
        'G0 reads a page: answer',
      ],
    },
    mutant: {
      edits: [
        {
          file: 'hub',
          from: 'if (ring.firstSeq > page.askedAtSeq + 1) return queueCatchUp(connection);',
          to: '',
        },
      ],
    },
  },
  {
    name: 'I5: a beginning found by time lies on the feed’s own run',
    isBounded: true,
    directions: {
      ...{ ...ALONE, isWarm: false },
      steps: [
        ...[
          'A starts',
          'A acquires',
          'A acquires',
          'G0 starts',
          'G0 subscribes',
          'G0 loads its tail',
          'G0 asks for the oldest',
        ],
        ...[...commit(2), ...HINTED, ...commit(2), ...HINTED, ...commit(2), ...HINTED],
        // The end of time.
        ...['client 0 connects to G0 #3', '*G0 reads', 'failover losing 2', ...NEW_TERM, 'A commits #0', 'A commits 1'],
        ...[...commit(1), 'G0 asks for a time'],
      ],
    },
    mutant: {
      edits: [
        {
          file: 'attach',
          from: "(await feed.sync()) ? startAt(earlier(start, newest)) : { kind: 'unavailable' }",
          to: 'startAt(earlier(start, feed.last))',
        },
      ],
    },
  },
  {
    name: 'I4: stale hints that overtake an overlap read do not hide a divergence',
    isBounded: false,
    directions: {
      ...{ ...ALONE, gateways: 2, ringEvents: 3 },
      steps: [
        ...[...commit(2), ...HINTED, ...SENT, ...commit(3), 'failover losing 1', ...NEW_TERM],
        ...['G1 receives hints #1', 'G1 reads', 'A commits #0', 'A commits 1', ...DROPPED, 'client 0 connects to G1'],
        ...[
          'G1 ticks',
          'G1 reads',
          'client 0 reads',
          'G1 takes a turn',
          'client 0 reads',
          'client 0 drops',
          'a drop is noticed',
        ],
        ...['client 0 connects to G0', 'G0 reads: effect', 'G0 receives hints', 'G0 reads: answer'],
      ],
    },
    mutant: {
      edits: [
        {
          file: 'feed',
          from: 'rows.findLast((row) => row.seq <= last.seq)',
          to: 'rows.find((row) => row.seq === last.seq)',
        },
      ],
    },
  },
  {
    name: 'I6: an attach starts over when the feed did',
    isBounded: true,
    directions: {
      ...ALONE,
      steps: [
        ...[...commit(3), ...HINTED, ...SENT, ...DROPPED, ...commit(3), 'G0 receives hints'],
        ...['client 0 connects to G0', '*G0 reads', 'G0 locates: effect', 'failover losing 2', ...NEW_TERM],
        ...[
          'A commits #0',
          'A commits 1',
          ...commit(3),
          'G0 ticks',
          '*G0 reads',
          'G0 loads its tail',
          'G0 asks for the oldest',
        ],
        'G0 locates: answer',
      ],
    },
    mutant: {
      edits: [
        {
          file: 'attach',
          from: 'if (feed.isReady && feed.generation === generation) return',
          to: 'if (feed.isReady) return',
        },
      ],
    },
  },
];
