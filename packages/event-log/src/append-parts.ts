import type { ChannelRow, GuildRow, Reduction } from './reduction.ts';
import { tallyText } from './tally.ts';

/** A part of the append statement that writes rows, given the parameter that holds them as JSON. Reads from `fence`. */
export interface AppendPart {
  readonly sql: (parameter: string) => string;
  readonly rows: readonly object[];
}

/** What messages said before the edits of this batch: as stored, or from the batch itself. Reads from `entry`. */
export const REVISIONS = `revised AS (
  INSERT INTO message_revision (message_id, revision, payload)
  SELECT m.id, m.revision, m.payload FROM entry AS e JOIN message AS m ON m.id = e.message_id
  WHERE e.is_last AND NOT e.is_deleted AND e.revision > m.revision AND m.deleted_at IS NULL
  UNION ALL SELECT message_id, revision, row_payload FROM entry WHERE is_superseded
  ON CONFLICT (message_id, revision) DO NOTHING)`;

// Every event of a message ends with its origin, which a blanked one keeps.
const purges = (parameter: string): string => `purge AS MATERIALIZED (
  SELECT p.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS p(id bigint, prefix text)),
blanked AS (
  UPDATE event SET payload = purge.prefix || COALESCE(substring(event.payload FROM ',"origin":"[a-z]+"[}]$'), '}')
  FROM purge WHERE event.message_id = purge.id),
unrevised AS (DELETE FROM message_revision USING purge WHERE message_revision.message_id = purge.id),
unmarked AS (DELETE FROM mark USING purge WHERE mark.message_id = purge.id),
forgotten AS (
  DELETE FROM dead_letter USING purge WHERE dead_letter.message_id = purge.id::text)`;

const tallies = (parameter: string): string => `tallies AS (
  UPDATE message SET tally = t.tally, tally_at = t.tally_at
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS t(id bigint, tally text, tally_at bigint)
  WHERE message.id = t.id)`;

const marks = (parameter: string): string => `marks AS (
  INSERT INTO mark (message_id, key, user_id, is_set)
  SELECT e.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(message_id bigint, key text, user_id bigint, is_set boolean)
  ON CONFLICT (message_id, key, user_id) DO UPDATE SET is_set = EXCLUDED.is_set)`;

// One statement may touch a row once: a mark that is cleared and set again is left to the insert, which overwrites it.
const clearedMarks = (parameter: string): string => `cleared AS MATERIALIZED (
  SELECT c.message_id, c.key, k.key AS kept_key, k.user_id AS kept_user
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS c(message_id bigint, key text, kept json)
    LEFT JOIN LATERAL json_to_recordset(c.kept) AS k(key text, user_id bigint) ON true),
uncounted AS (
  DELETE FROM mark USING (SELECT DISTINCT message_id, key FROM cleared) AS c
  WHERE mark.message_id = c.message_id AND (mark.key = c.key OR (c.key IS NULL AND mark.key NOT LIKE 'answer:%'))
    AND NOT EXISTS (SELECT FROM cleared AS again WHERE again.message_id = mark.message_id
      AND again.kept_key = mark.key AND again.kept_user = mark.user_id))`;

const guilds = (parameter: string): string => `guilds AS (
  INSERT INTO guild AS g (id, name, payload, hash, observed_at, left_at)
  SELECT e.id, e.name, e.payload, e.hash, e.observed_at, CASE WHEN e.is_deleted THEN now() END
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(id bigint, name text, payload text, hash text, observed_at bigint, is_deleted boolean)
  ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, payload = EXCLUDED.payload, hash = EXCLUDED.hash,
    observed_at = EXCLUDED.observed_at, left_at = EXCLUDED.left_at
  WHERE (g.name, g.payload, g.hash, g.left_at IS NULL) IS DISTINCT FROM
    (EXCLUDED.name, EXCLUDED.payload, EXCLUDED.hash, EXCLUDED.left_at IS NULL))`;

const leftGuilds = (parameter: string): string => `left_guilds AS (
  UPDATE guild SET observed_at = e.observed_at, left_at = now()
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS e(id bigint, observed_at bigint) WHERE guild.id = e.id)`;

// The baseline is of the first sighting, so a conflict leaves it alone.
const channels = (parameter: string): string => `channels AS (
  INSERT INTO channel AS c (id, guild_id, parent_id, type, name, baseline_message_id, is_deleted, payload, hash, observed_at,
    last_pin_timestamp)
  SELECT e.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS e(id bigint, guild_id bigint, parent_id bigint, type int, name text, baseline bigint, is_deleted boolean, payload text,
      hash text, observed_at bigint, last_pin_timestamp text)
  ON CONFLICT (id) DO UPDATE SET guild_id = EXCLUDED.guild_id, parent_id = EXCLUDED.parent_id, type = EXCLUDED.type,
    name = EXCLUDED.name, is_deleted = EXCLUDED.is_deleted, payload = EXCLUDED.payload, hash = EXCLUDED.hash,
    observed_at = EXCLUDED.observed_at, last_pin_timestamp = EXCLUDED.last_pin_timestamp, is_emptied = false
  WHERE (EXCLUDED.is_deleted AND c.is_emptied)
    OR (c.guild_id, c.parent_id, c.type, c.name, c.is_deleted, c.payload, c.hash, c.last_pin_timestamp) IS DISTINCT FROM
    (EXCLUDED.guild_id, EXCLUDED.parent_id, EXCLUDED.type, EXCLUDED.name, EXCLUDED.is_deleted, EXCLUDED.payload,
      EXCLUDED.hash, EXCLUDED.last_pin_timestamp))`;

const pins = (parameter: string): string => `pins AS (
  UPDATE channel SET observed_at = e.observed_at, last_pin_timestamp = e.last_pin_timestamp
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS e(id bigint, observed_at bigint, last_pin_timestamp text)
  WHERE channel.id = e.id)`;

const emptied = (parameter: string): string => `emptied AS (
  UPDATE channel SET is_emptied = true
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS e(id bigint) WHERE channel.id = e.id AND channel.is_deleted)`;

// As `purges`, but for the marks of others and what the message said before.
const redactions = (parameter: string): string => `redaction AS MATERIALIZED (
  SELECT r.* FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS r(id bigint, prefix text, user_id bigint, is_seen boolean)),
redacted AS (
  UPDATE event SET payload = r.prefix || COALESCE(substring(event.payload FROM ',"origin":"[a-z]+"[}]$'), '}')
  FROM redaction AS r WHERE event.message_id = r.id AND r.is_seen),
disowned AS (DELETE FROM mark USING redaction AS r WHERE mark.message_id = r.id AND mark.user_id = r.user_id)`;

const revisions = (parameter: string): string => `reworded AS (
  UPDATE message_revision AS m SET payload = r.payload
  FROM fence CROSS JOIN json_to_recordset(${parameter}::json) AS r(message_id bigint, revision int, payload text)
  WHERE m.message_id = r.message_id AND m.revision = r.revision)`;

// Dead letters name whom they concern somewhere in their text, which is base64 for the sake of what no text column can hold.
const erasures = (parameter: string): string => `step AS MATERIALIZED (
  SELECT s.*, e.user_id FROM fence CROSS JOIN json_to_recordset(${parameter}::json)
    AS s(id bigint, messages int, redactions int, cursor_id bigint, is_done boolean) JOIN erasure AS e ON e.id = s.id),
unlettered AS (
  DELETE FROM dead_letter USING step
  WHERE step.is_done AND strpos(convert_from(decode(dead_letter.change, 'base64'), 'UTF8'), step.user_id::text) > 0
  RETURNING step.id),
erased AS (
  UPDATE erasure AS e SET messages = e.messages + s.messages, redactions = e.redactions + s.redactions,
    dead_letters = e.dead_letters + (SELECT count(*) FROM unlettered WHERE unlettered.id = s.id),
    cursor_id = COALESCE(s.cursor_id, e.cursor_id), done_at = CASE WHEN s.is_done THEN now() END
  FROM step AS s WHERE e.id = s.id AND e.done_at IS NULL)`;

/** Every part but the entries, in an order that does not matter: all of them see the rows as they were before. */
export function appendParts(reduction: Reduction): readonly AppendPart[] {
  const { guilds: guildRows, channels: channelRows } = reduction;
  return [
    { sql: purges, rows: reduction.purges },
    {
      sql: tallies,
      rows: reduction.tallies.map(({ messageId, tally, tallyAt }) => ({
        ...{ id: messageId, tally: tallyText(tally), tally_at: tallyAt },
      })),
    },
    {
      sql: marks,
      rows: reduction.marks.map(({ messageId, key, userId, isSet }) => ({
        ...{ message_id: messageId, key, user_id: userId, is_set: isSet },
      })),
    },
    { sql: clearedMarks, rows: clearedRows(reduction) },
    { sql: guilds, rows: guildRows.flatMap(guildRow) },
    {
      sql: leftGuilds,
      rows: guildRows
        .filter(({ change }) => change === null)
        .map(({ id, observedAt }) => ({ id, observed_at: observedAt })),
    },
    { sql: channels, rows: channelRows.flatMap(channelRow) },
    {
      sql: pins,
      rows: channelRows
        .filter(({ change }) => change === null)
        .map(({ id, observedAt, lastPinTimestamp }) => ({
          ...{ id, observed_at: observedAt, last_pin_timestamp: lastPinTimestamp },
        })),
    },
    { sql: emptied, rows: reduction.emptied.map((id) => ({ id })) },
    {
      sql: redactions,
      rows: (reduction.redactions ?? []).map(({ id, prefix, userId, isSeen }) => ({
        ...{ id, prefix, user_id: userId, is_seen: isSeen },
      })),
    },
    {
      sql: revisions,
      rows: (reduction.revisions ?? []).map(({ messageId, revision, payload }) => ({
        ...{ message_id: messageId, revision, payload },
      })),
    },
    {
      sql: erasures,
      rows: (reduction.erasures ?? []).map(({ id, messages, redactions: redacted, cursorId, isDone }) => ({
        ...{ id, messages, redactions: redacted, cursor_id: cursorId, is_done: isDone },
      })),
    },
  ];
}

function clearedRows({ clearedMarks: cleared, marks: set }: Reduction): readonly object[] {
  return cleared.map(({ messageId, key }) => {
    const kept = set.filter((mark) => mark.messageId === messageId && (key === null || mark.key === key));
    return { message_id: messageId, key, kept: kept.map((mark) => ({ key: mark.key, user_id: mark.userId })) };
  });
}

function guildRow({ id, hash, observedAt, isDeleted, change }: GuildRow): readonly object[] {
  if (change === null) return [];
  const { name, payload } = change;
  return [{ id, name, payload, hash, observed_at: observedAt, is_deleted: isDeleted }];
}

function channelRow({ change, ...state }: ChannelRow): readonly object[] {
  if (change === null) return [];
  const { id, guildId, parentId, isDeleted, hash, observedAt, lastPinTimestamp } = state;
  const { type, name, baselineMessageId, payload } = change;
  return [
    {
      ...{ id, guild_id: guildId, parent_id: parentId, type, name, baseline: baselineMessageId },
      ...{ is_deleted: isDeleted, payload, hash, observed_at: observedAt, last_pin_timestamp: lastPinTimestamp },
    },
  ];
}
