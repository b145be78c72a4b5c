import { ApplicationFlags } from 'discord-api-types/v10';
import type { Guild } from '../world/model.ts';
import type { World } from '../world/world.ts';
import type { Session } from './session.ts';

const { GatewayGuildMembersLimited, GatewayMessageContentLimited } = ApplicationFlags;

/** READY's data. Every guild is listed as unavailable; GUILD_CREATE follows for those that are there. */
export function readyObject(
  world: World,
  session: Session,
  guilds: readonly Guild[],
  host: string,
  hasContent: boolean,
) {
  return {
    v: 10,
    user: { ...world.bot.api, verified: true, mfa_enabled: true, email: null, flags: 0 },
    session_type: 'normal',
    session_id: session.id,
    resume_gateway_url: `ws://${host}/resume`,
    shard: session.identify.shard,
    guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
    application: { id: world.applicationId, flags: applicationFlags(hasContent) },
    user_settings: {},
    relationships: [],
    private_channels: [],
    presences: [],
    guild_join_requests: [],
    geo_ordered_rtc_regions: [],
    auth: {},
    _trace: ['["simulator"]'],
  };
}

/** An application tells by its flags whether the message content switch is on; small bots have the `_LIMITED` ones. */
export function applicationFlags(hasContent: boolean): number {
  return hasContent ? GatewayGuildMembersLimited | GatewayMessageContentLimited : GatewayGuildMembersLimited;
}
