import type { DirectoryChannel, DirectoryGuild } from '@dms/event-log';
import type { Directory, Sighting } from './directory.ts';
import { isJsonObject, type Json, type JsonObject, sanitiseObject } from './sanitise.ts';

/** Teaches a directory what is stored. A resumed session does not describe its guilds again, and what comes late about a
 *  channel still needs its name. */
export function restoreDirectory(
  directory: Pick<Directory, 'learn'>,
  guilds: readonly DirectoryGuild[],
  channels: readonly DirectoryChannel[],
): void {
  // What it says should be stored is.
  const sighting: Sighting = { origin: 'reconcile', stamp: () => 0, isNews: false };
  for (const { payload } of channels) directory.learn('CHANNEL_UPDATE', parse(payload), sighting);
  for (const { payload } of guilds) directory.learn('GUILD_UPDATE', parse(payload), sighting);
}

function parse(payload: string): JsonObject {
  const value: Json = JSON.parse(payload);
  return isJsonObject(value) ? value : (sanitiseObject(value) ?? {});
}
