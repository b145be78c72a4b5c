import type { APIRole } from 'discord-api-types/v10';
import { stableSnowflake } from '../snowflake.ts';
import { NO_FLAGS } from './flags.ts';

/** VIEW_CHANNEL, SEND_MESSAGES, READ_MESSAGE_HISTORY, ADD_REACTIONS, threads and the rest of Discord's usual @everyone. */
const EVERYONE_PERMISSIONS = '2248473465835073';

/** Roles that every guild of the simulator has, besides @everyone. Colours are 0xRRGGBB. */
export const ROLE_COLORS = {
  Maintainer: 0xe91e63,
  Moderator: 0x2ecc71,
  Regular: 0x3498db,
  Artist: 0x9b59b6,
  Helper: 0xf1c40f,
} as const;

/** The roles of a new guild. @everyone carries the guild's own id, as on Discord. */
export function defaultRoles(seed: number, guildId: string, guildName: string): APIRole[] {
  const everyone = makeRole({ id: guildId, name: '@everyone', color: 0, position: 0, hoist: false });
  const colored = Object.entries(ROLE_COLORS).map(([name, color], index) =>
    makeRole({
      id: stableSnowflake(seed, `role of ${guildName}`, name),
      name,
      color,
      position: Object.keys(ROLE_COLORS).length - index,
      hoist: true,
    }),
  );
  return [everyone, ...colored];
}

function makeRole(role: { id: string; name: string; color: number; position: number; hoist: boolean }): APIRole {
  return {
    ...role,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    permissions: EVERYONE_PERMISSIONS,
    managed: false,
    mentionable: true,
    icon: null,
    unicode_emoji: null,
    flags: NO_FLAGS,
  };
}
