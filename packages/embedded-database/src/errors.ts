/** Another process (or an earlier call in this one) has the directory open. Opening it twice would lose data silently. */
export class DirectoryInUseError extends Error {
  readonly code = 'DIRECTORY_IN_USE';
  /** `pid` is null when the holder did not say, for example because it is stopped. */
  constructor(directory: string, pid: number | null) {
    const holder = pid === null ? 'another process' : `process ${pid}`;
    super(
      `the database directory ${directory} is already in use by ${holder}; stop that one first or choose another directory`,
    );
    this.name = 'DirectoryInUseError';
  }
}

/** The embedded database did not start, or stopped by itself. */
export class EmbeddedDatabaseError extends Error {
  readonly code = 'EMBEDDED_DATABASE_FAILED';
  constructor(reason: string) {
    super(`the embedded database failed: ${reason}`);
    this.name = 'EmbeddedDatabaseError';
  }
}
