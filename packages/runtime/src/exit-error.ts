/** From sysexits.h; what the contract promises for a refused configuration. */
export const EXIT_CONFIG = 78;

/** Ends the process with a sentence for the operator instead of a stack trace. Name the remedy, never a secret. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  /** 1–255. */
  readonly exitCode: number;

  constructor(exitCode: number, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.exitCode = exitCode;
  }
}
