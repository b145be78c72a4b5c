/** What a writer loop did since it began. */
export interface WriterLoopCounters {
  /** Events. */
  committed: number;
  /** Commits whose outcome was an error; their changes stay queued. */
  commitFailures: number;
  deadLettered: number;
  dropped: number;
  publishFailures: number;
  terms: number;
}

export const createWriterLoopCounters = (): WriterLoopCounters => ({
  committed: 0,
  commitFailures: 0,
  deadLettered: 0,
  dropped: 0,
  publishFailures: 0,
  terms: 0,
});
