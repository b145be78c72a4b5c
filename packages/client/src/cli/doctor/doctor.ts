import type { Paint } from '../describe-event.ts';
import { printable } from '../describe-event.ts';
import type { Output } from '../output.ts';
import { checkAccount, inviteUrl, judgeToken } from './check-account.ts';
import { checkDatabase } from './check-database.ts';
import { checkGuilds } from './check-guilds.ts';
import { checkRedis } from './check-redis.ts';
import { checkServer } from './check-server.ts';
import { createDiscordApi } from './discord-api.ts';
import type { DoctorCommand } from './doctor-command.ts';
import { type Finding, note } from './finding.ts';

/** What the streamer would read too; undefined = not set. */
export interface DoctorSettings {
  readonly token: string | undefined;
  readonly guildIds: readonly string[];
  readonly channelIds: readonly string[];
  readonly apiUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

const DISCORD_API_URL = 'https://discord.com/api';
const MARKS = {
  ok: { mark: '✔', colour: 32 },
  note: { mark: 'ℹ', colour: 36 },
  warning: { mark: '!', colour: 33 },
  problem: { mark: '✖', colour: 31 },
} as const;
const SUBJECT_COLUMNS = 17;
const DIM = 2;

/** Looks at everything, prints what it finds as it finds it, and returns the exit code. */
export async function runDoctor(
  { url, isJson }: DoctorCommand,
  settings: DoctorSettings,
  output: Output,
): Promise<number> {
  let problems = 0;
  for await (const found of examine(url, settings)) {
    if (found.level === 'problem') problems += 1;
    await output.line(isJson ? JSON.stringify(found) : describeFinding(found, output.paint));
  }
  if (!isJson)
    output.note(problems === 0 ? 'No problems.' : `${problems === 1 ? 'One problem' : `${problems} problems`}.`);
  return problems === 0 ? 0 : 1;
}

async function* examine(url: string | null, settings: DoctorSettings): AsyncGenerator<Finding, void, undefined> {
  yield* examineDiscord(settings);
  yield* await checkDatabase(settings.databaseUrl);
  yield* await checkRedis(settings.redisUrl);
  if (url !== null) yield* await checkServer(url);
}

async function* examineDiscord({
  token,
  apiUrl = DISCORD_API_URL,
  ...selection
}: DoctorSettings): AsyncGenerator<Finding> {
  if (token === undefined) {
    yield note('token', 'DISCORD_TOKEN is not set: pnpm start plays a simulated Discord until it is');
    return;
  }
  const misshapen = judgeToken(token);
  if (misshapen !== null) {
    yield misshapen;
    return;
  }
  const api = createDiscordApi(apiUrl, token);
  const { account, findings } = await checkAccount(api);
  yield* findings;
  if (account === null) return;
  yield* await checkGuilds(api, account, selection);
  yield note('invite', inviteUrl(account.applicationId));
}

/** Names are the words of strangers. */
export function describeFinding({ level, subject, text, remedy }: Finding, paint: Paint): string {
  const { mark, colour } = MARKS[level];
  const first = `${paint(colour, mark)} ${printable(subject).padEnd(SUBJECT_COLUMNS)} ${printable(text)}`;
  return remedy === undefined
    ? first
    : `${first}\n  ${' '.repeat(SUBJECT_COLUMNS)} ${paint(DIM, '→')} ${printable(remedy)}`;
}
