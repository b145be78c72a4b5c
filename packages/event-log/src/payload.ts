import { type Origin, REDACTED_MARK } from '@dms/protocol';
import type { DeleteChange, GapChange } from './change.ts';

// Text in, text out: payloads are JSON objects that already passed the sanitiser, and parsing them again would double the
// cost of an append. Ids are quoted by JSON.stringify because a poison id must reach the database, which refuses it.

/** `,"origin":"live"}`: how the payload of every event ends. */
export const originSuffix = (origin: Origin): string => `,"origin":"${origin}"}`;

/** A JSON object's text with its origin at the end. `payload` must be a non-empty JSON object. */
export const withOrigin = (payload: string, origin: Origin): string => payload.slice(0, -1) + originSuffix(origin);

/** The fields of the tally, and the origin: what follows the stored message in its event. */
export const messageEnding = (tally: string | null, origin: Origin): string =>
  (tally === null ? '' : `,${tally.slice(1, -1)}`) + originSuffix(origin);

/** The same for a message from which somebody was removed. Gateways know by it that what they hold of the message is out of
 *  date; nothing a stranger writes can end a payload like this. */
export const redactedEnding = (tally: string | null, origin: Origin): string =>
  (tally === null ? '' : `,${tally.slice(1, -1)}`) + REDACTED_MARK + originSuffix(origin);

/** What readers of the log get for a create or update: the message object with `revision`, the tally and `origin` at its end.
 *  The stored message is the same text without tally and origin. `payload` must be a non-empty JSON object. */
export function messageEventPayload(payload: string, revision: number, ending: string): string {
  return `${payload.slice(0, -1)},"revision":${revision}${ending}`;
}

const identity = (id: string, channelId: string, guildId: string): string =>
  `{"id":${JSON.stringify(id)},"channel_id":${JSON.stringify(channelId)},"guild_id":${JSON.stringify(guildId)}`;

const deletedAt = (observedAt: number): string =>
  `,"deleted_at":"${new Date(Math.floor(observedAt / 1_000)).toISOString()}"`;

/** The `d` of MESSAGE_DELETE: `id`, `channel_id`, `guild_id`, `deleted_at` (RFC 3339, when we observed it), for a bulk
 *  delete `bulk_id`, `reason` unless Discord deleted it, and `origin`. */
export function deleteEventPayload(change: DeleteChange): string {
  const bulk = change.bulkId === null ? '' : `,"bulk_id":${JSON.stringify(change.bulkId)}`;
  const { id, channelId, guildId, observedAt, origin } = change;
  const reason = change.reason === undefined ? '' : `,"reason":"${change.reason}"`;
  return identity(id, channelId, guildId) + deletedAt(observedAt) + bulk + reason + originSuffix(origin);
}

/** What is left of a deleted message: `id`, `channel_id`, `guild_id`, `deleted_at`, `revision`. */
export function tombstonePayload(change: DeleteChange, revision: number): string {
  const { id, channelId, guildId, observedAt } = change;
  return `${identity(id, channelId, guildId)}${deletedAt(observedAt)},"revision":${revision}}`;
}

/** The start of a blanked event's payload: `id`, `channel_id`, `guild_id`, `purged: true`; its `origin` suffix follows. */
export function blankedPrefix({ id, channelId, guildId }: Pick<DeleteChange, 'id' | 'channelId' | 'guildId'>): string {
  return `${identity(id, channelId, guildId)},"purged":true`;
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

/** The `d` of GAP_OPEN and GAP_CLOSE: `gap_id`, `guild_id`, `reason`, `since` (when we last listened, or null), `opened_at`;
 *  GAP_CLOSE also `closed_at` and `unrecoverable`, the ids of channels and threads that Discord refused; and `origin`. */
export function gapEventPayload(change: GapChange, type: 'GAP_OPEN' | 'GAP_CLOSE'): string {
  const { id, guildId, reason, sinceMs, observedAt, unrecoverable } = change;
  const opening = {
    ...{ gap_id: id, guild_id: guildId, reason },
    ...{ since: sinceMs === null ? null : rfc3339(sinceMs), opened_at: rfc3339(Number(id) / 1_000) },
  };
  const closing = type === 'GAP_CLOSE' ? { closed_at: rfc3339(observedAt / 1_000), unrecoverable } : {};
  return `${JSON.stringify({ ...opening, ...closing }).slice(0, -1)}${originSuffix('reconcile')}`;
}
