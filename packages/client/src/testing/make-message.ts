import { type StoredMessage, snowflakeAtMs } from '@dms/protocol';

/** What a test says of a message; everything else is made up. */
export interface MessageDraft {
  /** Default: some words. */
  readonly content?: string;
  /** Default `general`. A channel appears with its first message; equal names are one channel. */
  readonly channel?: string;
  /** Default `ada`. */
  readonly author?: string;
  /** Any other field of the message object. */
  readonly fields?: Partial<StoredMessage>;
}

export interface Directory {
  /** The same id for the same name, for ever. */
  idOf(kind: 'channel' | 'user', name: string): string;
  readonly channels: ReadonlyMap<string, string>;
}

export const GUILD = { id: '1000', name: 'Test Server' };
const FIRST_ID = 2_000;

export function createDirectory(): Directory {
  const ids = { channel: new Map<string, string>(), user: new Map<string, string>() };
  let next = FIRST_ID;
  return {
    channels: ids.channel,
    idOf(kind, name) {
      const known = ids[kind].get(name);
      if (known !== undefined) return known;
      next += 1;
      ids[kind].set(name, `${next}`);
      return `${next}`;
    },
  };
}

/** Message ids carry their time and grow by one within a millisecond, as Discord's do. */
export function createMessageIds(): (nowMs: number) => string {
  let last = 0n;
  return (nowMs) => {
    const first = BigInt(snowflakeAtMs(nowMs));
    last = first > last ? first : last + 1n;
    return last.toString();
  };
}

export function makeMessage(draft: MessageDraft, id: string, nowMs: number, directory: Directory): StoredMessage {
  const { content = 'Hello there.', channel = 'general', author = 'ada' } = draft;
  return {
    id,
    type: 0,
    content,
    channel_id: directory.idOf('channel', channel),
    guild_id: GUILD.id,
    author: {
      id: directory.idOf('user', author),
      username: author,
      discriminator: '0',
      global_name: null,
      avatar: null,
    },
    timestamp: new Date(nowMs).toISOString(),
    edited_timestamp: null,
    deleted_at: null,
    revision: 0,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    display: {
      text: content,
      author_name: author,
      author_color: null,
      author_avatar_url: 'https://cdn.discordapp.com/embed/avatars/0.png',
      channel_name: channel,
      guild_name: GUILD.name,
      parent_id: null,
      content_available: true,
      links_expire_at: null,
    },
    ...draft.fields,
  };
}
