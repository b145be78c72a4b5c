import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkLeaks, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseCommand } from '../src/cli/command-line.ts';
import { createPaint, describeEvent, printable } from '../src/cli/describe-event.ts';
import { renderHelp } from '../src/cli/help.ts';
import { listKeys } from '../src/cli/list-keys.ts';
import { UsageError } from '../src/cli/usage-error.ts';
import { VERSION } from '../src/cli/version.ts';
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
    [['tail', '--url', 'example.com'], /--url must be http:/],
    [['tail', '--url', 'http://example.com/?since=all'], /--url takes no parameters/],
    [['keys'], /a verb is missing: there are keys create and keys list/],
    [['keys', 'list', 'all'], /Unexpected argument 'all'/],
    [['keys', 'create', 'two words'], /NAME must be/],
    [['export', 'a', 'b'], /export takes one FILE/],
    [['export', '--format', 'xml'], /--format must be of ndjson, csv, json, not "xml"/],
    [['export', '--since', 'latest'], /--since must be a message id, an RFC 3339 time or a duration/],
    [['bench', '--clients', '0'], /--clients must be a whole number from 1 to 10000, not "0"/],
    [['doctor', '--url', 'nowhere'], /--url must be http:/],
    [['erase-user'], /erase-user takes one ID/],
    [['erase-user', 'me', '--yes'], /ID must be a Discord id, not "me"/],
    [['erase-user', '5', '--yes', '--url', 'ftp://localhost'], /--url must be http:/],
    [['opt-out', '--list', '5'], /--list takes nothing else/],
    [['keys', 'create', 'a', '--scopes', 'write'], /--scopes must be of read, stats, admin, not "write"/],
  ])('%j is answered with one sentence', (args, sentence) => {
    const parse = () => parseCommand(args);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(sentence);
    expect(parse).not.toThrow(/\n/);
  });

  it.each([
    [['--help']],
    [['tail', '--help']],
    [['export', '--help']],
    [['doctor', '--help']],
    [['keys', '--help']],
    [['keys', 'create', '--help']],
    [['keys', 'list', '--help']],
    [['bench', '--help']],
    [['erase-user', '--help']],
    [['opt-out', '--help']],
  ])('%j explains itself: usage, and every flag there is', (args) => {
    const command = parseCommand(args);
    const text = command.kind === 'help' ? command.text : '';
    expect(text).toContain('Usage: pnpm cli');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(renderHelp(text, 'dms', createPaint(false))).not.toContain('pnpm');
  });

  it('paints headings, commands and flags of a help, and nothing else', () => {
    const text = 'Reads.\n\nUsage: pnpm cli tail [options]\n\nOptions:\n  --since WHERE    from there\n';
    const mark = (code: number, painted: string) => `<${code}${painted}>`;
    expect(renderHelp(text, 'dms', mark)).toBe(
      'Reads.\n\n<1Usage:> dms tail [options]\n\n<1Options:>\n  <36--since WHERE>    from there\n',
    );
  });

  it('exits 64 for what it does not understand, 0 for help, and asks before it destroys', async () => {
    const { stdout, stderr, code } = await runCli(['frobnicate']);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 64, stdout: '', lines: 1 });
    expect(stderr).toMatch(/^cli: "frobnicate" is not a command: there are tail, export/);
    expect(await runCli(['help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: pnpm cli') });
    expect(await runCli(['erase-user', '5'])).toMatchObject({ code: 64, stderr: expect.stringContaining('--yes') });
  });

  it('says the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
    expect(VERSION).toBe(version);
  });

  it('lists what keys may do, and what the server would not understand, without the keys', () => {
    const digest = 'ab'.repeat(32);
    const { lines, problems } = listKeys(
      'secret',
      `reader:${digest},ops:${digest}:stats+admin:1+2,old:cd,x:${digest}:write`,
    );
    expect(lines).toEqual([
      'NAME     SCOPES            CHANNELS  SHA-256',
      'API_KEY  read stats admin  all',
      'reader   read              all       abababab',
      'ops      stats admin       1 2       abababab',
      'entry 3  read              all',
      'x        write             all       abababab',
    ]);
    expect(problems).toEqual([
      'entry 3 of API_KEYS is not name:sha256hex[:scopes[:channels]]',
      'x of API_KEYS has the unknown scope "write"',
    ]);
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
