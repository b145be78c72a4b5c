import type { Change, MessageChange } from '@dms/event-log';
import { CHANNEL, GUILD } from './raw-message.ts';

/** The smallest change there is. */
export const deletion = (id: string): Change => ({
  kind: 'delete',
  origin: 'live',
  observedAt: Number(id),
  id,
  guildId: GUILD,
  channelId: CHANNEL,
  parentId: null,
  bulkId: null,
});

export const messageChange = (id: string, overrides: Partial<MessageChange> = {}): Change => ({
  ...{ kind: 'message', origin: 'backfill', observedAt: Number(id), isComplete: true },
  ...{ id, guildId: GUILD, channelId: CHANNEL, parentId: null, authorId: '900', hash: id, editedAtMs: null },
  ...{ payload: '{}', tally: null, isTallyFresh: true },
  ...overrides,
});

/** Taken back as a whole, so that nobody's name is needed. */
export const reaction = (id: string): Change => ({
  ...{ kind: 'mark', origin: 'live', observedAt: Number(id), id, guildId: GUILD, channelId: CHANNEL, parentId: null },
  ...{ mark: { kind: 'all-reactions' }, isAdded: false, userId: null, payload: '{}' },
});
