export { LEASE_MS, RENEW_INTERVAL_MS } from './append-statement.ts';
export * from './change.ts';
export * from './discord-session.ts';
export * from './errors.ts';
export * from './event-log.ts';
export type { IngestStore, StoredRange } from './ingest-store.ts';
export * from './migrate.ts';
export * from './open-event-log.ts';
export { MAX_CHANGES_PER_APPEND } from './writer.ts';
