import type { FaultBook } from './faults/fault-book.ts';
import { isHidden } from './world/guild-object.ts';
import type { Channel } from './world/model.ts';
import type { WorldEvent } from './world/world-event.ts';

/** Why nobody may receive the event, counted on the fault that is to blame; undefined when it goes out. */
export function withheldBecause(faults: FaultBook, event: WorldEvent): string | undefined {
  const isOutageNews = event.type === 'GUILD_DELETE';
  if (!event.guild.available && !isOutageNews) {
    faults.take('guild_outage', (spec) => spec.kind === 'guild_outage' && spec.guild === event.guild.id);
    return 'guild outage';
  }
  const { channel } = event;
  if (channel === null || !isHidden(channel) || event.type.endsWith('CHANNEL_UPDATE')) return undefined;
  countHidden(faults, channel);
  return 'channel hidden';
}

/** Counts one dispatch or request that a hidden channel stopped. */
export function countHidden(faults: FaultBook, channel: Channel): void {
  const ids = [channel.id, channel.thread?.parent.id];
  faults.take('hide_channel', (spec) => spec.kind === 'hide_channel' && ids.includes(spec.channel));
}
