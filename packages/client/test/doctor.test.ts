import { type DiscordSimulator, startDiscordSimulator } from '@dms/discord-simulator';
import { checkLeaks, describeWith, infrastructure, usePostgres, useRedis } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgeToken } from '../src/cli/doctor/check-account.ts';
import { checkDatabase } from '../src/cli/doctor/check-database.ts';
import { checkRedis } from '../src/cli/doctor/check-redis.ts';
import { type DoctorSettings, runDoctor } from '../src/cli/doctor/doctor.ts';
import type { Finding } from '../src/cli/doctor/finding.ts';
import { lackOf, type Overwrite, Permission } from '../src/cli/doctor/permissions.ts';
import { startTestServer } from '../src/testing/index.ts';
import { recordOutput } from './support/recorded-output.ts';

checkLeaks();

const TOKEN = 'aaaa.bbbb.cccc';
const NOTHING: DoctorSettings = {
  ...{ token: undefined, guildIds: [], channelIds: [], apiUrl: undefined, databaseUrl: undefined, redisUrl: undefined },
};
const VIEW_CHANNEL = String(Permission.ViewChannel);
const READ_MESSAGE_HISTORY = String(Permission.ReadMessageHistory);

async function diagnose(settings: Partial<DoctorSettings>, url: string | null = null) {
  const output = recordOutput();
  const code = await runDoctor({ kind: 'doctor', url, isJson: true }, { ...NOTHING, ...settings }, output);
  const findings: readonly Finding[] = output.lines.map((line) => JSON.parse(line));
  const of = (subject: string) => findings.find((finding) => finding.subject === subject);
  return { code, findings, of, problems: findings.filter(({ level }) => level === 'problem') };
}

describe('doctor asks Discord', () => {
  let simulator: DiscordSimulator;
  let channels: Readonly<Record<string, string>>;
  let guildId: string;
  beforeEach(async () => {
    const guilds = [{ name: 'Harbour', channels: ['quay', 'boats', 'crew'] }];
    simulator = await startDiscordSimulator({ guilds, token: TOKEN, rateLimits: false });
    const [guild] = simulator.status().guilds;
    guildId = guild?.id ?? '';
    channels = Object.fromEntries((guild?.channels ?? []).map(({ name, id }) => [name, id]));
  });
  afterEach(() => simulator.close());

  const ask = (settings: Partial<DoctorSettings> = {}) =>
    diagnose({ token: TOKEN, apiUrl: simulator.apiUrl, ...settings });
  const hide = (channel: string, whom = '@everyone', deny = VIEW_CHANNEL) =>
    simulator.act({ op: 'overwrite', channel: channels[channel] ?? '', whom, allow: '0', deny });

  it('finds nothing wrong where nothing is, and gives the invite that asks for no more than needed', async () => {
    const { code, problems, of } = await ask();
    expect({ code, problems }).toEqual({ code: 0, problems: [] });
    expect(of('message content')).toMatchObject({ level: 'ok' });
    expect(of('clock')).toMatchObject({ level: 'ok' });
    expect(of('channels')).toMatchObject({ level: 'ok', text: '3 of 3 can be read' });
    expect(of('invite')?.text).toMatch(/client_id=\d+&scope=bot&permissions=66560$/);
  });

  it('knows a token that Discord refuses', async () => {
    const { code, of } = await ask({ token: 'dddd.eeee.ffff' });
    expect(code).toBe(1);
    expect(of('token')).toMatchObject({ level: 'problem', remedy: expect.stringContaining('Reset Token') });
  });

  it('knows an intent that is off, and where the switch is', async () => {
    simulator.faults.add({ kind: 'strip_content' });
    const { of } = await ask();
    expect(of('message content')).toMatchObject({
      level: 'problem',
      remedy: expect.stringMatching(
        /https:\/\/discord\.com\/developers\/applications\/\d+\/bot, switch Message Content Intent on/,
      ),
    });
  });

  it('names hidden channels: a warning when nobody asked for them, a problem when they were chosen', async () => {
    simulator.faults.add({ kind: 'hide_channel', channel: 'crew' });
    const all = await ask();
    expect(all.code).toBe(0);
    expect(all.findings.find(({ level }) => level === 'warning')?.text).toBe(
      '1 of 3 are hidden from the bot and will not be stored: #crew (denied to @everyone here)',
    );
    const chosen = await ask({ channelIds: [channels.crew ?? '', channels.quay ?? ''] });
    expect(chosen.code).toBe(1);
    expect(chosen.of('#crew')).toMatchObject({
      level: 'problem',
      text: 'is hidden from the bot: denied to @everyone here',
      remedy: "Discord → #crew → Edit Channel → Permissions → add the bot's role → allow View Channel",
    });
  });

  it('names the permission that is missing and who denies it', async () => {
    hide('quay', '@everyone', READ_MESSAGE_HISTORY);
    hide('boats', 'Streamer');
    const { code, of, findings } = await ask();
    expect(code).toBe(1);
    expect(of('#quay')).toMatchObject({
      level: 'problem',
      remedy: expect.stringMatching(/allow Read Message History$/),
    });
    expect(findings.some(({ text }) => text.includes('#boats (denied to the bot itself here)'))).toBe(true);
    simulator.act({ op: 'role_permissions', guild: guildId, role: '@everyone', permissions: '0' });
    expect((await ask()).findings.some(({ text }) => text.includes('#crew (none of its roles gives it)'))).toBe(true);
  });

  it('warns of a bot that is Administrator', async () => {
    simulator.act({ op: 'role_permissions', guild: guildId, role: '@everyone', permissions: '8' });
    hide('quay');
    const { code, findings } = await ask();
    expect(code).toBe(0);
    expect(findings.find(({ level }) => level === 'warning')?.text).toContain('Administrator');
  });

  it('knows servers and channels that are not there', async () => {
    const { problems } = await ask({ guildIds: [guildId, '42'], channelIds: ['43'] });
    expect(problems.map(({ subject }) => subject)).toEqual(['server 42', 'channel 43']);
    simulator.act({ op: 'leave_guild', guild: guildId });
    expect((await ask()).of('servers')).toMatchObject({ level: 'problem', remedy: expect.stringContaining('66560') });
  });

  it('waits when Discord says so, and says so when it is away', async () => {
    simulator.faults.add({ kind: 'rest', status: 429, retry_after: 0.1, path: '/users/@me' });
    expect((await ask()).code).toBe(0);
    simulator.faults.add({ kind: 'rest', status: 503, times: 0 });
    expect((await ask()).of('discord')).toMatchObject({ level: 'problem', text: expect.stringContaining('503') });
    expect((await ask({ apiUrl: 'http://127.0.0.1:2/api' })).of('discord')?.text).toBe(
      'cannot be reached (ECONNREFUSED)',
    );
  });
});

describe('doctor', () => {
  it.each([
    ['Bot aaaa.bbbb.cccc', /begins with "Bot "/],
    ['"aaaa.bbbb.cccc"', /stands in quotes/],
    ['0123456789abcdef', /not shaped like one/],
  ])('sees that %j is no token, before it asks anybody', (token, text) => {
    expect(judgeToken(token)).toMatchObject({ level: 'problem', text: expect.stringMatching(text) });
  });

  it('asks a running server for its health', async () => {
    const server = await startTestServer();
    expect((await diagnose({}, server.url)).findings.at(-1)).toMatchObject({ level: 'ok', text: 'is well' });
    server.refuse(401, 'This needs a key.');
    expect(await diagnose({}, server.url)).toMatchObject({ code: 1 });
    await server.close();
  });

  const member = {
    ...{ userId: '9', guildId: '1', isOwner: false, roleIds: new Set(['2', '3']) },
    roles: [
      { id: '1', name: '@everyone', permissions: '1024' },
      { id: '2', name: 'Bots', permissions: '0' },
      { id: '3', name: 'Staff', permissions: '0' },
      { id: '4', name: 'Others', permissions: '8' },
    ],
  };
  const overwrite = (id: string, allow: bigint, deny: bigint, type = 0): Overwrite => ({
    id,
    type,
    allow: `${allow}`,
    deny: `${deny}`,
  });
  const { ViewChannel: VIEW } = Permission;

  it.each<[string, readonly Overwrite[], object | null]>([
    ['nothing says otherwise', [], null],
    ['@everyone is denied', [overwrite('1', 0n, VIEW)], { kind: 'role', name: '@everyone' }],
    [
      'one of its roles is allowed what @everyone is denied',
      [overwrite('1', 0n, VIEW), overwrite('2', VIEW, 0n)],
      null,
    ],
    ['of its roles one is denied and another allowed', [overwrite('2', 0n, VIEW), overwrite('3', VIEW, 0n)], null],
    ['one of its roles is denied', [overwrite('3', 0n, VIEW)], { kind: 'role', name: 'Staff' }],
    ['a role that it does not have is denied', [overwrite('4', 0n, VIEW)], null],
    ['it is denied itself', [overwrite('2', VIEW, 0n), overwrite('9', 0n, VIEW, 1)], { kind: 'member' }],
    ['it is allowed itself what its role is denied', [overwrite('2', 0n, VIEW), overwrite('9', VIEW, 0n, 1)], null],
  ])('computes permissions as Discord does: %s', (_title, overwrites, lack) => {
    expect(lackOf(VIEW, overwrites, member)).toEqual(lack);
  });

  it('lets owner and administrators do everything', () => {
    const denied = [overwrite('1', 0n, VIEW)];
    expect(lackOf(VIEW, denied, { ...member, isOwner: true })).toBeNull();
    expect(lackOf(VIEW, denied, { ...member, roleIds: new Set(['4']) })).toBeNull();
  });

  it('says which REDIS_URL it does not understand, and who does not answer', async () => {
    expect(await checkRedis('localhost:6379')).toMatchObject([
      { level: 'problem', text: 'REDIS_URL cannot be understood' },
    ]);
    expect(await checkRedis('redis://127.0.0.1:1')).toMatchObject([
      { level: 'problem', text: 'cannot be reached (ECONNREFUSED)' },
    ]);
    expect(await checkRedis('memory:')).toMatchObject([{ level: 'note' }]);
  });

  it('says what is wrong with a database that does not answer', async () => {
    expect(await checkDatabase('postgresql://a:b@127.0.0.1:1/c')).toMatchObject([
      { level: 'problem', text: 'cannot be used (ECONNREFUSED)', remedy: expect.stringContaining('start PostgreSQL') },
    ]);
  });
});

describeWith(infrastructure.redisProcess, 'doctor asks Redis', () => {
  const redis = useRedis({ settings: { requirepass: 'secret' } });

  it('and tells a wrong password from a right one', async () => {
    const { port } = redis();
    expect(await checkRedis(`redis://:secret@127.0.0.1:${port}`)).toMatchObject([
      { level: 'ok', text: expect.stringMatching(/^answers, version \d/) },
    ]);
    expect(await checkRedis(`redis://:wrong@127.0.0.1:${port}`)).toMatchObject([
      { level: 'problem', text: expect.stringContaining('refuses the login') },
    ]);
    expect(await checkRedis(`redis://127.0.0.1:${port}`)).toMatchObject([{ level: 'problem' }]);
  });
});

describeWith(infrastructure.postgres, 'doctor asks PostgreSQL', () => {
  const postgres = usePostgres();

  it('and misses the schema in an empty database', async () => {
    const url = await postgres().createDatabase();
    expect(await checkDatabase(url)).toMatchObject([
      { level: 'ok', text: expect.stringMatching(/^PostgreSQL \d/) },
      { level: 'problem', subject: 'schema', remedy: expect.stringContaining('pnpm migrate') },
    ]);
  });
});
