import { isObject } from '../../server-frame.ts';
import type { DiscordAnswer, DiscordApi } from './discord-api.ts';
import { type Finding, note, ok, problem, warning } from './finding.ts';
import { LEAST_PERMISSIONS } from './permissions.ts';

/** The bot as Discord knows it. */
export interface Account {
  readonly userId: string;
  readonly applicationId: string;
}

const PORTAL = 'https://discord.com/developers/applications';
/** GATEWAY_MESSAGE_CONTENT, for verified bots, and its _LIMITED twin for all others. */
const MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19);
const TOKEN_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const MAX_CLOCK_ERROR_MS = 2_000;
const FEW_IDENTIFIES = 200;

/** Without more than the bot needs: 66560. */
export const inviteUrl = (applicationId: string): string =>
  `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot&permissions=${LEAST_PERMISSIONS}`;

/** What can be said of a token without asking anybody; null = it looks like one. */
export function judgeToken(token: string): Finding | null {
  if (TOKEN_SHAPE.test(token)) return null;
  const remedy = 'set DISCORD_TOKEN to the token from the page Bot of your application: three parts joined by dots';
  if (/^Bot\s/i.test(token)) return problem('token', 'begins with "Bot "', `${remedy}, without "Bot "`);
  if (/^["'].*["']$/.test(token)) return problem('token', 'stands in quotes', `${remedy}, without quotes`);
  return problem('token', 'is not shaped like one', `${remedy}. A client secret or a public key is something else`);
}

/** Token, application, intent, clock and session budget. `account` is null when nothing more can be asked. */
export async function checkAccount(api: DiscordApi) {
  const me = await api('/users/@me');
  if (me.status !== 200 || !isObject(me.body)) return { account: null, findings: [refusedToken(me)] };
  const app = await api('/applications/@me');
  const application = isObject(app.body) ? app.body : {};
  const userId = String(me.body.id);
  const applicationId = typeof application.id === 'string' ? application.id : userId;
  const findings = [
    ok('token', `valid: bot ${String(me.body.username)} of application ${applicationId}`),
    judgeIntent(application.flags, applicationId),
    ...judgeClock(me.clockAheadMs),
    ...judgeBudget(await api('/gateway/bot')),
  ];
  const account: Account = { userId, applicationId };
  return { account, findings };
}

function refusedToken({ status, message }: DiscordAnswer): Finding {
  if (status === 401) {
    return problem(
      'token',
      'refused by Discord',
      `open ${PORTAL}, choose your application, on its page Bot press Reset Token, and set DISCORD_TOKEN to the new one`,
    );
  }
  if (status === 0) {
    return problem(
      'discord',
      `cannot be reached (${message})`,
      'check the network, a proxy or firewall, and DISCORD_API_URL if you set it',
    );
  }
  return problem('discord', `answers ${status}: ${message}`, 'look at https://discordstatus.com and try again later');
}

function judgeIntent(flags: unknown, applicationId: string): Finding {
  if (typeof flags !== 'number') return warning('message content', 'Discord does not say whether the intent is on');
  if ((flags & MESSAGE_CONTENT_FLAGS) !== 0) return ok('message content', 'the intent is on');
  return problem(
    'message content',
    'the intent is OFF: messages would arrive empty',
    `open ${PORTAL}/${applicationId}/bot, switch Message Content Intent on under Privileged Gateway Intents, and save`,
  );
}

function judgeClock(aheadMs: number | null): readonly Finding[] {
  if (aheadMs === null) return [];
  if (Math.abs(aheadMs) <= MAX_CLOCK_ERROR_MS) return [ok('clock', 'agrees with Discord within 2 s')];
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  const where = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} Discord`;
  return [
    warning(
      'clock',
      `is ${where}: times and latencies will be wrong`,
      'switch time synchronisation on (timedatectl set-ntp true)',
    ),
  ];
}

function judgeBudget({ body }: DiscordAnswer): readonly Finding[] {
  const limit = isObject(body) && isObject(body.session_start_limit) ? body.session_start_limit : null;
  if (limit === null || typeof limit.remaining !== 'number') return [];
  const text = `${limit.remaining} of ${String(limit.total)} left today`;
  if (limit.remaining >= FEW_IDENTIFIES) return [note('new sessions', text)];
  return [warning('new sessions', text, 'find out what restarts the bot so often: at 0 Discord resets the token')];
}
