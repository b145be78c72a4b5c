/** Another writer took over, or a failover lost our term: nothing of the batch was written. */
export class FencedError extends Error {
  readonly code = 'FENCED';
  constructor(term: number) {
    super(`term ${term} no longer holds the log`);
    this.name = 'FencedError';
  }
}

/** The database lacks tables or columns this version needs. */
export class SchemaOutdatedError extends Error {
  readonly code = 'SCHEMA_OUTDATED';
  /** `missing` is the newest migration this version needs. */
  constructor(missing: string) {
    super(`the database schema is missing or outdated (migration ${missing} is not applied): run pnpm migrate`);
    this.name = 'SchemaOutdatedError';
  }
}

/** A statement failed or its outcome is unknown. The message never holds content or credentials; `cause` may. */
export class DatabaseError extends Error {
  readonly code = 'DATABASE';
  /** Five characters; null when PostgreSQL itself did not answer (connection refused, lost or timed out). */
  readonly sqlState: string | null;
  constructor(sqlState: string | null, detail: string, cause: unknown) {
    super(
      sqlState === null ? `the database did not answer: ${detail}` : `the database answered ${sqlState}: ${detail}`,
      { cause },
    );
    this.name = 'DatabaseError';
    this.sqlState = sqlState;
  }
}

/** The migrations cannot be applied as they are; a person must decide. Nothing was changed. */
export class MigrationRefusedError extends Error {
  readonly code = 'MIGRATION_REFUSED';
  constructor(reason: string) {
    super(reason);
    this.name = 'MigrationRefusedError';
  }
}
