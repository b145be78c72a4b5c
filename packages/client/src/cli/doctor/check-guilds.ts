import { isObject } from '../../server-frame.ts';
import { type Account, inviteUrl } from './check-account.ts';
import { type Channel, judgeChannels } from './check-channels.ts';
import type { DiscordApi } from './discord-api.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { type BotMember, basePermissions, isAlmighty, Permission } from './permissions.ts';

/** What is to be mirrored; empty = everything. */
export interface Selection {
  readonly guildIds: readonly string[];
  readonly channelIds: readonly string[];
}

const PAGE = 200;
const MAX_GUILDS = 2_500;

/** The servers the bot is in, and each of their channels. */
export async function checkGuilds(
  api: DiscordApi,
  account: Account,
  selection: Selection,
): Promise<readonly Finding[]> {
  const known = await listGuilds(api);
  if (known === null) return [problem('servers', 'Discord does not list them', 'try again later')];
  const invite = `invite it, with View Channels and Read Message History: ${inviteUrl(account.applicationId)}`;
  if (known.size === 0) return [problem('servers', 'the bot is in none', invite)];
  const missing = selection.guildIds.filter((id) => !known.has(id));
  const findings = missing.map((id) => problem(`server ${id}`, 'of DISCORD_GUILD_ID: the bot is not in it', invite));
  const wanted = [...known].filter(([id]) => selection.guildIds.length === 0 || selection.guildIds.includes(id));
  const seen = new Set<string>();
  for (const [id, name] of wanted) findings.push(...(await checkGuild(api, account, id, name, selection, seen)));
  const lost = selection.channelIds.filter((id) => !seen.has(id));
  for (const id of lost) findings.push(await checkStrayChannel(api, id));
  return findings;
}

async function listGuilds(api: DiscordApi): Promise<ReadonlyMap<string, string> | null> {
  const guilds = new Map<string, string>();
  for (let after = '0'; guilds.size < MAX_GUILDS; ) {
    const { status, body } = await api(`/users/@me/guilds?limit=${PAGE}&after=${after}`);
    if (status !== 200 || !Array.isArray(body)) return null;
    for (const guild of body) if (isObject(guild)) guilds.set(String(guild.id), String(guild.name));
    if (body.length < PAGE) break;
    after = [...guilds.keys()].at(-1) ?? after;
  }
  return guilds;
}

async function checkGuild(
  api: DiscordApi,
  account: Account,
  id: string,
  name: string,
  { channelIds }: Selection,
  seen: Set<string>,
): Promise<readonly Finding[]> {
  const subject = `server ${name}`;
  const [guild, self, channels] = await Promise.all([
    api(`/guilds/${id}`),
    api(`/guilds/${id}/members/${account.userId}`),
    api(`/guilds/${id}/channels`),
  ]);
  const answers = [guild, self, channels];
  const refused = answers.find(({ status }) => status !== 200);
  if (refused !== undefined)
    return [problem(subject, `Discord does not show it: ${refused.message}`, 'try again later')];
  const member = readMember(account.userId, id, guild.body, self.body);
  const list = readChannels(channels.body);
  for (const channel of list) seen.add(channel.id);
  const almighty = !member.isOwner && (basePermissions(member) & Permission.Administrator) !== 0n;
  return [
    ok(subject, `id ${id}`),
    ...(almighty
      ? [
          warning(
            subject,
            'the bot is Administrator, far more than it needs',
            `take the permission from its role; ${inviteUrl(account.applicationId)} asks for no more than needed`,
          ),
        ]
      : []),
    ...judgeChannels(list, member, new Set(channelIds), isAlmighty(member)),
  ];
}

function readMember(userId: string, guildId: string, guild: unknown, self: unknown): BotMember {
  const roles = isObject(guild) && Array.isArray(guild.roles) ? guild.roles.filter(isObject) : [];
  const roleIds = isObject(self) && Array.isArray(self.roles) ? self.roles.map(String) : [];
  return {
    userId,
    guildId,
    isOwner: isObject(guild) && guild.owner_id === userId,
    roleIds: new Set(roleIds),
    roles: roles.map(({ id, name, permissions }) => ({
      ...{ id: String(id), name: String(name) },
      permissions: String(permissions),
    })),
  };
}

function readChannels(body: unknown): readonly Channel[] {
  const list = Array.isArray(body) ? body.filter(isObject) : [];
  return list.map(({ id, name, type, permission_overwrites }) => ({
    ...{ id: String(id), name: String(name), type: Number(type) },
    overwrites: (Array.isArray(permission_overwrites) ? permission_overwrites.filter(isObject) : []).map(
      (overwrite) => ({
        ...{ id: String(overwrite.id), type: Number(overwrite.type) },
        ...{ allow: String(overwrite.allow), deny: String(overwrite.deny) },
      }),
    ),
  }));
}

/** One of DISCORD_CHANNEL_ID that no server listed. */
async function checkStrayChannel(api: DiscordApi, id: string): Promise<Finding> {
  const subject = `channel ${id}`;
  const { status, message } = await api(`/channels/${id}`);
  if (status === 200)
    return warning(
      subject,
      'is a thread, or of a server that DISCORD_GUILD_ID leaves out',
      'name the channel it belongs to: its threads come along',
    );
  if (status === 403)
    return problem(
      subject,
      'is hidden from the bot',
      'give the bot View Channel there, or take the id from DISCORD_CHANNEL_ID',
    );
  return problem(
    subject,
    `of DISCORD_CHANNEL_ID: ${message}`,
    'copy the id again: Discord → Settings → Advanced → Developer Mode, then right-click the channel',
  );
}
