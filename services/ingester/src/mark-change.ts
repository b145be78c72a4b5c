import type { Mark, MarkChange } from '@dms/event-log';
import type { DirectoryView } from './directory.ts';
import { nameOf } from './members.ts';
import { burstColorsOf, emojiOf } from './message-tally.ts';
import { idAt, type Json, type JsonObject, numberAt, objectAt } from './sanitise.ts';

/** Where the message is and how its change was observed; everything else comes from the dispatch. */
type Setting = Pick<MarkChange, 'guildId' | 'channelId' | 'parentId' | 'origin' | 'observedAt'>;

const ADDS: ReadonlySet<string> = new Set(['MESSAGE_REACTION_ADD', 'MESSAGE_POLL_VOTE_ADD']);
const MARK_TYPES: ReadonlySet<string> = new Set([
  ...ADDS,
  'MESSAGE_REACTION_REMOVE',
  'MESSAGE_REACTION_REMOVE_EMOJI',
  'MESSAGE_REACTION_REMOVE_ALL',
  'MESSAGE_POLL_VOTE_REMOVE',
]);

export const isMarkType = (type: string): boolean => MARK_TYPES.has(type);

/** What the dispatch puts or takes; null for one that names nothing sensible. */
function markOf(type: string, data: JsonObject): Mark | null {
  if (type.startsWith('MESSAGE_POLL_')) {
    const id = numberAt(data, 'answer_id');
    return id !== null && Number.isSafeInteger(id) && id > 0 ? { kind: 'answer', id } : null;
  }
  if (type === 'MESSAGE_REACTION_REMOVE_ALL') return { kind: 'all-reactions' };
  const emoji = emojiOf(objectAt(data, 'emoji'));
  if (emoji === null) return null;
  if (type === 'MESSAGE_REACTION_REMOVE_EMOJI') return { kind: 'emoji', emoji };
  const isBurst = data.burst === true || data.type === 1;
  return { kind: 'reaction', emoji, isBurst, burstColors: burstColorsOf(data) };
}

/** A reaction or vote that came or went; null for a dispatch without message, mark or (where there must be one) user. */
export function markChange(
  type: string,
  data: JsonObject,
  setting: Setting,
  directory: DirectoryView,
): MarkChange | null {
  const id = idAt(data, 'message_id');
  const mark = markOf(type, data);
  const userId = idAt(data, 'user_id');
  if (id === null || mark === null) return null;
  const isOwned = mark.kind === 'reaction' || mark.kind === 'answer';
  if (isOwned && userId === null) return null;
  const payload = JSON.stringify(shown(data, setting.guildId, userId, directory));
  return { kind: 'mark', ...setting, id, mark, isAdded: ADDS.has(type), userId, payload };
}

/** Discord's object without the member, of whom only the name is kept: a reaction says who reacted, not who they are. */
function shown(data: JsonObject, guildId: string, userId: string | null, directory: DirectoryView): JsonObject {
  const { member, ...rest } = data;
  const fields: Record<string, Json> = { ...rest, guild_id: guildId };
  if (userId === null) return fields;
  const given = objectAt(data, 'member');
  const user = objectAt(given, 'user');
  const known = directory.member(guildId, userId);
  return { ...fields, display: { user_name: nameOf(user, given) ?? known?.name ?? null } };
}
