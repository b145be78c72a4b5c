import type { Change, DeleteChange, MarkChange, MessageChange } from '@dms/event-log';
import { compareSnowflakes, isSnowflake, type Origin } from '@dms/protocol';
import type { DirectoryView } from './directory.ts';
import { displayOf } from './display.ts';
import { isMarkType, markChange } from './mark-change.ts';
import { contentHash } from './message-hash.ts';
import { messagePayload, normaliseMessage, utcTime } from './message-payload.ts';
import { tallyOf, withoutTally } from './message-tally.ts';
import { idAt, type JsonObject, objectAt, stringAt, stringsIn } from './sanitise.ts';

/** What may be stored at all; empty = everything the bot can see. */
export interface Watched {
  readonly guildIds: ReadonlySet<string>;
  /** A channel also stands for its threads. */
  readonly channelIds: ReadonlySet<string>;
}

export interface ChangeContext {
  readonly directory: DirectoryView;
  readonly watched: Watched;
  readonly hasMessageContent: boolean;
  readonly origin: Origin;
  /** A fresh stamp per change, see `EventLog.stamp()`. */
  readonly stamp: () => number;
}

interface Where {
  readonly guildId: string;
  readonly channelId: string;
  readonly parentId: string | null;
}

/** Null for direct messages and for whatever the allow-lists leave out. */
function locate(data: JsonObject, { directory, watched }: ChangeContext): Where | null {
  const channelId = idAt(data, 'channel_id');
  const channel = channelId === null ? undefined : directory.channel(channelId);
  const guildId = idAt(data, 'guild_id') ?? channel?.guildId ?? null;
  if (channelId === null || guildId === null) return null;
  const parentId = channel?.parentId ?? null;
  if (!isWatched({ guildId, channelId, parentId }, watched)) return null;
  return { guildId, channelId, parentId };
}

/** Whether the allow-lists let a message of this place be stored; a thread counts as its parent channel too. */
export function isWatched({ guildId, channelId, parentId }: Where, { guildIds, channelIds }: Watched): boolean {
  if (guildIds.size > 0 && !guildIds.has(guildId)) return false;
  return channelIds.size === 0 || channelIds.has(channelId) || (parentId !== null && channelIds.has(parentId));
}

/** An edited message that came without its author or content (older gateways cut updates down to what changed). */
const INCOMPLETE = { isComplete: false, authorId: '0', hash: '', payload: '{}', tally: null } as const;
/** Origins of messages that Discord was asked for, with the counts of that moment. */
const ASKED: ReadonlySet<Origin> = new Set(['backfill', 'reconcile', 'import']);

function messageChange(data: JsonObject, context: ChangeContext): MessageChange | null {
  const id = idAt(data, 'id');
  const where = locate(data, context);
  if (id === null || where === null) return null;
  const author = objectAt(data, 'author');
  const authorId = author === null ? null : idAt(author, 'id');
  const editedAt = utcTime(stringAt(data, 'edited_timestamp'));
  const { guildId, channelId, parentId } = where;
  const { origin, directory, hasMessageContent } = context;
  const editedAtMs = editedAt === null ? null : Date.parse(editedAt);
  const observedAt = context.stamp();
  const isTallyFresh = ASKED.has(origin);
  if (author === null || authorId === null || stringAt(data, 'content') === null) {
    const seen = { kind: 'message', origin, observedAt, id, guildId, channelId, parentId, editedAtMs } as const;
    return { ...seen, isTallyFresh, ...INCOMPLETE };
  }
  const message = normaliseMessage(data, id, guildId);
  const display = displayOf(data, author, { guildId, channelId, directory, hasMessageContent });
  const tally = tallyOf(message);
  const tallyBytes = tally === null ? 0 : Buffer.byteLength(JSON.stringify(tally));
  const payload = messagePayload(withoutTally(message), display, tallyBytes);
  const hash = contentHash(message);
  // Field by field: measured, a literal that begins with a spread costs as much as the payload's JSON.
  return {
    kind: 'message',
    origin,
    observedAt,
    isComplete: true,
    id,
    guildId,
    channelId,
    parentId,
    authorId,
    hash,
    editedAtMs,
    payload,
    tally,
    isTallyFresh,
  };
}

function deleteChange(
  id: string | null,
  data: JsonObject,
  bulkId: string | null,
  context: ChangeContext,
): DeleteChange | null {
  const where = locate(data, context);
  if (id === null || where === null) return null;
  return { kind: 'delete', origin: context.origin, observedAt: context.stamp(), id, ...where, bulkId };
}

/** Turns one sanitised dispatch into the changes it means, in order; none for what is not stored. Pure but for the stamps. */
export function messageChanges(type: string, data: JsonObject, context: ChangeContext): readonly Change[] {
  switch (type) {
    case 'MESSAGE_CREATE':
    case 'MESSAGE_UPDATE':
      return present(messageChange(data, context));
    case 'MESSAGE_DELETE':
      return present(deleteChange(idAt(data, 'id'), data, null, context));
    case 'MESSAGE_DELETE_BULK': {
      const ids = stringsIn(data.ids).filter(isSnowflake).sort(compareSnowflakes);
      // The same however Discord orders the ids, so that a repeated dispatch names the same bulk.
      const bulkId = ids[0] ?? null;
      return ids.flatMap((id) => present(deleteChange(id, data, bulkId, context)));
    }
    default:
      return isMarkType(type) ? present(markOf(type, data, context)) : [];
  }
}

function markOf(type: string, data: JsonObject, context: ChangeContext): MarkChange | null {
  const where = locate(data, context);
  if (where === null) return null;
  const { origin, directory } = context;
  return markChange(type, data, { ...where, origin, observedAt: context.stamp() }, directory);
}

const present = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);
