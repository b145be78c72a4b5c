import { idAt, type JsonObject, objectAt, objectsIn, stringAt, stringsIn } from './sanitise.ts';

/** What a message shows of its author's membership. */
export interface MemberEntry {
  /** Nickname, else global name, else username, when the member was last seen. */
  readonly name: string | null;
  readonly nick: string | null;
  /** Hash of the avatar for this guild alone. */
  readonly avatar: string | null;
  readonly roleIds: readonly string[];
}

/** Members as dispatches showed them. REST leaves them out of messages, so what is fetched later is shown with what was seen. */
export interface Members {
  find(guildId: string, userId: string): MemberEntry | undefined;
  /** Learns from a sanitised dispatch: authors, mentioned users, who reacted. */
  learn(type: string, data: JsonObject): void;
}

/** At about 0.3 kB each. The one seen least recently is forgotten first. */
export const MAX_MEMBERS = 20_000;

export const nameOf = (user: JsonObject | null, member: JsonObject | null): string | null =>
  stringAt(member, 'nick') ?? stringAt(user, 'global_name') ?? stringAt(user, 'username');

export function createMembers(maxMembers = MAX_MEMBERS): Members {
  const entries = new Map<string, MemberEntry>();

  const note = (guildId: string, user: JsonObject | null, member: JsonObject | null): void => {
    const userId = user === null ? null : idAt(user, 'id');
    if (userId === null || member === null) return;
    const key = `${guildId} ${userId}`;
    // Newest at the end: a Map keeps the order of insertion.
    entries.delete(key);
    entries.set(key, memberEntry(user, member));
    if (entries.size <= maxMembers) return;
    for (const oldest of entries.keys()) {
      entries.delete(oldest);
      return;
    }
  };

  return {
    find: (guildId, userId) => entries.get(`${guildId} ${userId}`),
    learn(type, data) {
      const guildId = idAt(data, type === 'GUILD_CREATE' ? 'id' : 'guild_id');
      if (guildId === null) return;
      const member = objectAt(data, 'member');
      note(
        guildId,
        objectAt(data, 'author') ?? objectAt(member, 'user') ?? objectAt(data, 'user'),
        memberIn(type, data),
      );
      if (type.startsWith('MESSAGE_')) {
        for (const user of objectsIn(data.mentions)) note(guildId, user, objectAt(user, 'member'));
      }
      if (type === 'GUILD_CREATE') {
        for (const each of objectsIn(data.members)) note(guildId, objectAt(each, 'user'), each);
      }
    },
  };
}

/** GUILD_MEMBER_UPDATE is a member itself. */
const memberIn = (type: string, data: JsonObject): JsonObject | null =>
  type === 'GUILD_MEMBER_UPDATE' ? data : objectAt(data, 'member');

export const memberEntry = (user: JsonObject | null, member: JsonObject): MemberEntry => ({
  name: nameOf(user, member),
  nick: stringAt(member, 'nick'),
  avatar: stringAt(member, 'avatar'),
  roleIds: stringsIn(member.roles),
});
