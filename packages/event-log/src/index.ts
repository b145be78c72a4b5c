export { LEASE_MS, RENEW_INTERVAL_MS } from './append-statement.ts';
export type { BackfillStore, BackfillTarget } from './backfill-store.ts';
export * from './change.ts';
export * from './discord-session.ts';
export * from './errors.ts';
export * from './event-log.ts';
export type { IngestStore, StoredRange } from './ingest-store.ts';
export { MAX_QUERY_MESSAGES } from './message-store.ts';
export * from './migrate.ts';
export * from './open-event-log.ts';
export type { DeletedChannel, OrphanStore } from './orphan-store.ts';
export type {
  ErasureRecord,
  ErasureStore,
  NamingMessage,
  OptOutRecord,
  PlacedMessage,
  PrivacyStore,
} from './privacy-store.ts';
export type { AnswerCount, Emoji, PollTally, ReactionCount, Tally } from './tally.ts';
export { MAX_CHANGES_PER_APPEND } from './writer.ts';
