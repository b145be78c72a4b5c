import { entriesPart, entryValues } from './append-entries.ts';
import { appendParts, REVISIONS } from './append-parts.ts';
import type { SqlValue } from './database.ts';
import type { DiscordSession } from './discord-session.ts';
import type { Reduction } from './reduction.ts';

/** Lease of a writer by the database's clock; `append` and `renew` extend it. */
export const LEASE_MS = 5_000;
/** How often an idle writer should renew. */
export const RENEW_INTERVAL_MS = 1_500;

export const LEASE_SQL = `now() + ${LEASE_MS} * interval '1 millisecond'`;

// Every part reads from `fence`, so a lost compare-and-set leaves nothing to write anywhere.
const FENCE = `fence AS (
  UPDATE head SET seq = seq + $3::bigint, expires = ${LEASE_SQL}
  WHERE id = 1 AND term = $1::bigint AND seq = $2::bigint AND consent = $4::bigint
  RETURNING term, $2::bigint AS base)`;

const ROWS = `stored AS (
  INSERT INTO message AS m (id, guild_id, channel_id, parent_id, author_id, hash, edited_at_ms, observed_at, revision,
    deleted_at, payload, tally, tally_at)
  SELECT message_id, guild_id, channel_id, parent_id, author_id, hash, edited_at_ms, observed_at, revision,
    CASE WHEN is_deleted THEN to_timestamp(observed_at / 1000000.0) END,
    row_payload, tally, tally_at
  FROM entry WHERE is_last
  ON CONFLICT (id) DO UPDATE SET parent_id = EXCLUDED.parent_id, author_id = EXCLUDED.author_id, hash = EXCLUDED.hash,
    edited_at_ms = EXCLUDED.edited_at_ms, observed_at = EXCLUDED.observed_at, revision = EXCLUDED.revision,
    deleted_at = EXCLUDED.deleted_at, payload = EXCLUDED.payload, tally = EXCLUDED.tally, tally_at = EXCLUDED.tally_at),
logged AS (
  INSERT INTO event (seq, term, type, guild_id, channel_id, parent_id, author_id, message_id, payload)
  SELECT base + n, term, type, guild_id, channel_id, parent_id, author_id, message_id, payload FROM entry)`;

const gaps = (parameter: string): string => `gaps AS (
  INSERT INTO gap AS g (id, guild_id, reason, since, is_planned, closed_at)
  SELECT e.id, e.guild_id, e.reason, to_timestamp(e.since_ms / 1000.0), e.is_planned, to_timestamp(e.closed_at_ms / 1000.0)
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(id bigint, guild_id bigint, reason text, since_ms bigint, is_planned boolean, closed_at_ms bigint)
  ON CONFLICT (id) DO UPDATE SET is_planned = EXCLUDED.is_planned, closed_at = EXCLUDED.closed_at)`;

const catchUps = (parameter: string): string => `catch_ups AS (
  INSERT INTO catch_up AS c (channel_id, gap_id, guild_id, phase, cursor_id, newest_id, examined)
  SELECT e.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(channel_id bigint, gap_id bigint, guild_id bigint, phase text, cursor_id bigint, newest_id bigint, examined int)
  ON CONFLICT (channel_id) DO UPDATE SET gap_id = EXCLUDED.gap_id, guild_id = EXCLUDED.guild_id, phase = EXCLUDED.phase,
    cursor_id = EXCLUDED.cursor_id, newest_id = EXCLUDED.newest_id, examined = EXCLUDED.examined)`;

const backfills = (parameter: string): string => `backfills AS (
  INSERT INTO backfill AS b (channel_id, list, guild_id, cursor, is_whole, is_done, refused)
  SELECT e.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(channel_id bigint, list text, guild_id bigint, cursor text, is_whole boolean, is_done boolean, refused int)
  ON CONFLICT (channel_id, list) DO UPDATE SET guild_id = EXCLUDED.guild_id, cursor = EXCLUDED.cursor,
    is_whole = EXCLUDED.is_whole, is_done = EXCLUDED.is_done, refused = EXCLUDED.refused)`;

/** A writer that was away may come back to a session that another one carried further: within a session the sequence never
 *  falls. `source` is the fence to read from. */
export const sessionPart = (source: string, parameter: string): string => `session AS (
  INSERT INTO discord_session AS s (bot, shard, fingerprint, session_id, resume_url, sequence, has_message_content)
  SELECT e.* FROM ${source} CROSS JOIN json_to_record(${parameter}::json)
    AS e(bot text, shard int, fingerprint text, session_id text, resume_url text, sequence bigint, has_message_content boolean)
  ON CONFLICT (bot, shard) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, session_id = EXCLUDED.session_id,
    resume_url = EXCLUDED.resume_url, has_message_content = EXCLUDED.has_message_content, updated_at = now(),
    sequence = CASE WHEN s.session_id = EXCLUDED.session_id THEN GREATEST(s.sequence, EXCLUDED.sequence)
      ELSE EXCLUDED.sequence END)`;

/** The only shard there is. */
export const SHARD = 0;

export const sessionRow = (session: DiscordSession): string =>
  JSON.stringify({
    ...{ bot: session.bot, shard: SHARD, fingerprint: session.fingerprint, session_id: session.sessionId },
    ...{ resume_url: session.resumeUrl, sequence: session.sequence, has_message_content: session.hasMessageContent },
  });

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What the head must be for a commit to happen. */
export interface Expected {
  readonly term: number;
  readonly seq: number;
  /** The version of the list of forgotten authors that the commit was held against. */
  readonly consent: number;
}

/** The whole commit as one statement, which is one transaction and one round trip. The entries travel as arrays and bytes, the
 *  rarer rest as JSON text, one parameter per table, ids as strings. It returns one row when it committed, and none when the head
 *  is not the expected one. */
export function appendStatement(
  { term, seq, consent }: Expected,
  reduction: Reduction,
  session: DiscordSession | null = null,
  keepsRevisions = true,
): Statement {
  const parts = [FENCE];
  const values: SqlValue[] = [term, seq, reduction.entries.length, consent];
  const add = (part: (parameter: string) => string, rows: readonly object[]) => {
    if (rows.length === 0) return;
    values.push(JSON.stringify(rows));
    parts.push(part(`$${values.length}`));
  };
  if (reduction.entries.length > 0) {
    parts.push(entriesPart(values.length + 1), ROWS);
    values.push(...entryValues(reduction.entries));
  }
  if (keepsRevisions && reduction.entries.some(({ text }) => text !== undefined && text.revision > 0))
    parts.push(REVISIONS);
  for (const { sql, rows } of appendParts(reduction)) add(sql, rows);
  add(
    gaps,
    reduction.gaps.map(({ id, guildId, reason, sinceMs, state, observedAt }) => ({
      ...{ id, guild_id: guildId, reason, since_ms: sinceMs, is_planned: state !== 'open' },
      closed_at_ms: state === 'closed' ? Math.round(observedAt / 1_000) : null,
    })),
  );
  add(
    catchUps,
    reduction.catchUps.map(({ id, gapId, guildId, phase, cursorId, newestId, examined }) => ({
      ...{
        channel_id: id,
        gap_id: gapId,
        guild_id: guildId,
        phase,
        cursor_id: cursorId,
        newest_id: newestId,
        examined,
      },
    })),
  );
  add(
    backfills,
    reduction.backfills.map(({ id, guildId, list, cursor, isWhole, isDone, refused }) => ({
      ...{ channel_id: id, list, guild_id: guildId, cursor, is_whole: isWhole, is_done: isDone, refused },
    })),
  );
  if (session !== null) {
    values.push(sessionRow(session));
    parts.push(sessionPart('fence', `$${values.length}`));
  }
  return { sql: `WITH ${parts.join(',\n')} SELECT 1 AS committed FROM fence`, values };
}
