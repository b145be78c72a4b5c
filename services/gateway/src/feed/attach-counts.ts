import type { Since } from '@dms/protocol';
import type { Attachment } from './attach.ts';
import type { Feed } from './feed.ts';

/** Where what a client missed is read: nothing was missed (`live`), memory (`ring`), database (`log`); nowhere (`none`). */
export type ResumeTier = 'live' | 'ring' | 'log' | 'none';
export type ResumeResult = 'resumed' | 'too_old' | 'diverged' | 'unavailable';

export interface AttachCount {
  readonly tier: ResumeTier;
  readonly result: ResumeResult;
  readonly count: number;
}

/** How resumes ended. Streams that begin without a position are none. */
export interface AttachCounts {
  /** In the same synchronous step as the answer. */
  note(since: Since, attachment: Attachment): void;
  read(): readonly AttachCount[];
}

const OUTCOMES: readonly (readonly [ResumeTier, ResumeResult])[] = [
  ['live', 'resumed'],
  ['ring', 'resumed'],
  ['log', 'resumed'],
  ['none', 'too_old'],
  ['none', 'diverged'],
  ['none', 'unavailable'],
];

export function createAttachCounts(feed: Pick<Feed, 'last' | 'ring'>): AttachCounts {
  const counts = new Map<string, number>();
  const tierOf = (seq: number): ResumeTier => {
    if (seq >= feed.last.seq) return 'live';
    return seq >= feed.ring.firstSeq - 1 ? 'ring' : 'log';
  };
  const outcomeOf = (attachment: Attachment): readonly [ResumeTier, ResumeResult] => {
    if (attachment.kind === 'unavailable') return ['none', 'unavailable'];
    if (attachment.reason !== null) return ['none', attachment.reason];
    return [tierOf(attachment.cursor.seq), 'resumed'];
  };
  return {
    note(since, attachment) {
      if (since.kind !== 'position') return;
      const key = outcomeOf(attachment).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    read: () => OUTCOMES.map(([tier, result]) => ({ tier, result, count: counts.get(`${tier} ${result}`) ?? 0 })),
  };
}
