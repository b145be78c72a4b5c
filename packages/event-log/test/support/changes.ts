import type { Change, ChannelChange, DeleteChange, MessageChange } from '../../src/index.ts';

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

export function channel(id: string, overrides: Partial<ChannelChange> = {}): ChannelChange {
  const fixed = { kind: 'channel', guildId: '1', parentId: null, type: 0, baselineMessageId: null } as const;
  return { ...fixed, id, name: `channel ${id}`, isDeleted: false, payload: `{"id":"${id}"}`, ...overrides };
}

/** `count` new messages with ids from `firstId` on. */
export const messages = (firstId: number, count: number, overrides: Partial<MessageChange> = {}): readonly Change[] =>
  Array.from({ length: count }, (_, index) => message(String(firstId + index), `text ${firstId + index}`, overrides));
