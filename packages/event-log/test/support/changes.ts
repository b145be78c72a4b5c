import type {
  Change,
  ChannelChange,
  DeleteChange,
  GuildChange,
  Mark,
  MarkChange,
  MessageChange,
  PinsChange,
} from '../../src/index.ts';

let lastStamp = 0;

/** Strictly increasing like `EventLog.stamp()`, and small, so that no clock is involved. */
export const nextStamp = (): number => {
  lastStamp += 1;
  return lastStamp;
};

/** A complete, unedited message of author 900 in channel 10 of guild 1, observed now. `text` is also its hash. */
export function message(id: string, text: string, overrides: Partial<MessageChange> = {}): MessageChange {
  return {
    kind: 'message',
    isComplete: true,
    id,
    guildId: '1',
    channelId: '10',
    parentId: null,
    authorId: '900',
    hash: text,
    editedAtMs: null,
    payload: JSON.stringify({ id, content: text }),
    tally: null,
    isTallyFresh: false,
    origin: 'live',
    observedAt: nextStamp(),
    ...overrides,
  };
}

export function deletion(id: string, overrides: Partial<DeleteChange> = {}): DeleteChange {
  const observedAt = nextStamp();
  const where = { guildId: '1', channelId: '10', parentId: null };
  return { kind: 'delete', id, ...where, bulkId: null, origin: 'live', observedAt, ...overrides };
}

/** A change of the mark by user 500 on the message, in channel 10 of guild 1, observed now. */
export function marking(id: string, mark: Mark, overrides: Partial<MarkChange> = {}): MarkChange {
  const where = { guildId: '1', channelId: '10', parentId: null };
  const userId = mark.kind === 'reaction' || mark.kind === 'answer' ? '500' : null;
  const payload = JSON.stringify({ message_id: id, user_id: overrides.userId ?? userId });
  const fixed = { kind: 'mark', id, ...where, mark, isAdded: true, userId, payload, origin: 'live' } as const;
  return { ...fixed, observedAt: nextStamp(), ...overrides };
}

const thumb = { kind: 'reaction', emoji: { id: null, name: '👍' }, isBurst: false, burstColors: [] } as const;

/** User `userId` reacts with a thumb. */
export const thumbUp = (messageId: string, userId: string, overrides: Partial<MarkChange> = {}): MarkChange =>
  marking(messageId, thumb, { userId, ...overrides });

export const thumbGone = (messageId: string, userId: string): MarkChange =>
  marking(messageId, thumb, { userId, isAdded: false });

const sighting = () => ({ isNews: false, origin: 'live', observedAt: nextStamp() }) as const;

/** First sighting of a channel of guild 1, or news with `isNews`. `name` is also its hash. */
export function channel(id: string, overrides: Partial<ChannelChange> = {}): ChannelChange {
  const name = overrides.name ?? `channel ${id}`;
  const fixed = { kind: 'channel', guildId: '1', parentId: null, type: 0, baselineMessageId: null } as const;
  const payload = JSON.stringify({ id, name });
  return { ...fixed, id, name, isDeleted: false, hash: name, payload, ...sighting(), ...overrides };
}

export const pins = (id: string, lastPinTimestamp: string | null, isNews = true): PinsChange => ({
  kind: 'pins',
  id,
  lastPinTimestamp,
  ...sighting(),
  isNews,
});

/** `name` is also its hash. */
export function guild(id: string, name: string, isNews = false): GuildChange {
  const payload = JSON.stringify({ id, name });
  return { kind: 'guild', id, name, hash: name, payload, eventPayload: payload, ...sighting(), isNews };
}

/** `count` new messages with ids from `firstId` on. */
export const messages = (firstId: number, count: number, overrides: Partial<MessageChange> = {}): readonly Change[] =>
  Array.from({ length: count }, (_, index) => message(String(firstId + index), `text ${firstId + index}`, overrides));

/** The newest ten messages of everything, deleted ones included. */
export const NEWEST_PAGE = {
  guildIds: [],
  channelIds: [],
  withThreads: true,
  authorIds: [],
  withinChannels: null,
  search: null,
  cursor: { kind: 'newest' },
  limit: 10,
  includeDeleted: true,
} as const;
