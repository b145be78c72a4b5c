import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { checkLeaks, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPaint, describeEvent, printable } from '../src/cli/describe-event.ts';
import { event, hello, type ScriptedServer, say, startScriptedServer } from './scripted-server.ts';

checkLeaks();

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts');
const TIMEOUT_MS = 20_000;

const startCli = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<SpawnedProcess> =>
  spawnProcess(process.execPath, ['--import', 'tsx', '--conditions=source', MAIN, ...args], { cwd: ROOT, env });

const runCli = async (args: readonly string[]) => {
  const cli = await startCli(args);
  const { code } = await cli.exited;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
};

describe('the command line', () => {
  it.each([
    [[], /a command is missing/],
    [['frobnicate'], /"frobnicate" is not a command/],
    [['tail', '--nope'], /Unknown option '--nope'/],
    [['tail', '--channel', 'general', '--since', 'soon'], /--channel must be a Discord id; --since must be/],
    [['tail', '--url', 'example.com'], /--url must be ws:/],
    [['keys', 'create', 'two words'], /NAME must be/],
    [['erase-user'], /erase-user takes one ID/],
    [['erase-user', 'me', '--yes'], /ID must be a Discord id, not "me"/],
    [['erase-user', '5'], /nobody is there to be asked: --yes/],
    [['erase-user', '5', '--yes', '--url', 'ws://localhost'], /--url must be http:/],
    [['opt-out', '--list', '5'], /--list takes nothing else/],
    [['keys', 'create', 'a', '--scopes', 'write'], /--scopes must be of read, stats, admin, not "write"/],
  ])('%j: one sentence and exit 2', async (args, sentence) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toMatch(sentence);
  });

  it.each([
    [['--help']],
    [['tail', '--help']],
    [['keys', '--help']],
    [['keys', 'create', '--help']],
    [['erase-user', '--help']],
    [['opt-out', '--help']],
  ])('%j explains itself and exits 0', async (args) => {
    expect(await runCli(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: pnpm cli') });
  });

  it('keys create prints a key and the entry that the server verifies it by', async () => {
    const { code, stdout } = await runCli([
      'keys',
      'create',
      'reader',
      '--scopes',
      'read+stats',
      '--channels',
      '12+34',
    ]);
    const [key = ''] = /dms_[\w-]{32}/.exec(stdout) ?? [];
    expect(code).toBe(0);
    expect(stdout).toContain(`reader:${createHash('sha256').update(key).digest('hex')}:read+stats:12+34\n`.trim());
  });
});

describe('tail', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.close());

  it('prints NDJSON, ends with 0 on Ctrl-C and says where to go on', async () => {
    server.script(say(hello('1:4', false), event('1:5'), event('1:6')));
    const cli = await startCli(['tail', '--url', server.url, '--json', '--since', 'all', '--channel', '7'], {
      DMS_API_KEY: 'secret',
    });
    await cli.waitForLine(/"p":"1:6"/, TIMEOUT_MS);
    cli.kill('SIGINT');
    expect(await cli.exited).toEqual({ code: 0, signal: null });
    expect(cli.stdout).toBe(`${event('1:5')}\n${event('1:6')}`);
    expect(cli.stderr).toMatch(/go on with --since 1:6$/);
    expect(server.requests[0]?.toString()).toBe('channel_id=7&since=all');
  });

  it('says why it was refused, and exits 1', async () => {
    server.refuse(401, '{"type":"/problems/unauthorized","status":401,"detail":"This needs a key."}');
    const cli = await startCli(['tail', '--url', server.url]);
    expect(await cli.exited).toEqual({ code: 1, signal: null });
    expect(cli.stderr).toBe('refused: This needs a key.');
  });

  it('exits 1 when the server closes for good', async () => {
    server.script((socket) => {
      say(
        hello('1:4', false),
        '{"op":103,"d":{"code":"bad_key","message":"The key was revoked","retry_after_ms":0}}',
      )(socket);
      socket.close(4504);
    });
    const cli = await startCli(['tail', '--url', server.url]);
    expect(await cli.exited).toEqual({ code: 1, signal: null });
    expect(cli.stderr).toMatch(/refused: The key was revoked$/);
  });

  it('keeps trying while the server is away, and says so', async () => {
    await server.close();
    const cli = await startCli(['tail', '--url', server.url]);
    await cli.waitForLine(/no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\); trying again in \d+\.\d s/, TIMEOUT_MS);
    cli.kill('SIGINT');
    expect(await cli.exited).toEqual({ code: 0, signal: null });
    server = await startScriptedServer();
  });
});

describe('a line for people', () => {
  it('lets no control character of a stranger reach the terminal', () => {
    const evil = 'red \u001B[31m, bell \u0007, erase \u009B2J, reversed \u202E, two\nlines';
    expect(printable(evil)).toBe('red [31m, bell , erase 2J, reversed , two lines');
  });

  it('says of a reaction who, what and to which message', () => {
    const d = { emoji: { id: null, name: '🔥' }, display: { user_name: 'Leo' }, message_id: '5', channel_id: '7' };
    const rest = { guild_id: '8', burst: false, origin: 'live' } as const;
    const event = { op: 0, t: 'MESSAGE_REACTION_ADD', s: 5, p: '1:5', d: { ...d, ...rest } } as const;
    const line = describeEvent(event, createPaint(false));
    expect(line.replace(/\s+/g, ' ').slice(9)).toBe('#7 Leo · message reaction add 🔥 5 1:5');
  });

  it('names channel, author, text and position', () => {
    const parsed = JSON.parse(event('1:5', 'hello there'));
    expect(describeEvent(parsed, createPaint(false)).split(/ {2,}| (?=1:5$)/)).toEqual([
      '10:00:00 #general',
      'Ada',
      'hello there',
      '1:5',
    ]);
  });
});
