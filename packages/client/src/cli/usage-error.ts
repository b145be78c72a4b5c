/** A command line that cannot be understood; the message is one sentence for the terminal. */
export class UsageError extends Error {
  readonly code = 'usage';
}
