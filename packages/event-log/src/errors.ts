/** Another writer took over, or a failover lost our term: nothing of the batch was written. */
export class FencedError extends Error {
  readonly code = 'FENCED';
  constructor(term: number) {
    super(`term ${term} no longer holds the log`);
    this.name = 'FencedError';
  }
}
