import type { Change } from '@dms/event-log';
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
