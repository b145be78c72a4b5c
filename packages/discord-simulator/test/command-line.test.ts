import { resolve } from 'node:path';
import { checkLeaks, spawnProcess } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { CommandError, parseCommand } from '../src/command-line.ts';
import { identify, openRawSocket } from './support/raw-socket.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

const MAIN = resolve(import.meta.dirname, '../src/main.ts');
/** Far below the 10 s that containers are given; a busy machine is slow. */
const MAX_STOP_MS = 3_000;
const run = (...args: string[]) =>
  spawnProcess(process.execPath, ['--import', 'tsx', '--conditions=source', MAIN, ...args]);

describe('the command line', () => {
  it('takes flags before the environment, and the environment before defaults', () => {
    const env = { SIMULATOR_SCRIPT: 'env.ndjson', SIMULATOR_RATE: '5' };
    expect(parseCommand([], {})).toEqual({ kind: 'run', options: { port: 4590, rateLimits: true } });
    expect(parseCommand([], env)).toMatchObject({ options: { script: 'env.ndjson', rate: 5 } });
    expect(parseCommand(['--', '--script', 'flag.ndjson', '--rate', '0', '--port=1'], env)).toMatchObject({
      options: { script: 'flag.ndjson', rate: 0, port: 1 },
    });
    expect(parseCommand(['--no-rate-limits'], { SIMULATOR_SCRIPT: '' })).toEqual({
      kind: 'run',
      options: { port: 4590, rateLimits: false },
    });
    expect(parseCommand(['--help'], {})).toEqual({ kind: 'help' });
  });

  it.each([
    [['--prt', '1'], {}, "Unknown option '--prt'"],
    [['--port', 'x'], {}, '--port must be a number, not "x"'],
    [[], { SIMULATOR_RATE: 'fast' }, 'SIMULATOR_RATE must be a number, not "fast"'],
    [['stray'], {}, "Unexpected argument 'stray'"],
  ])('refuses %j with %j in one sentence', (args, env, message) => {
    expect(() => parseCommand(args, env)).toThrow(CommandError);
    expect(() => parseCommand(args, env)).toThrow(message);
  });
});

describe('the command', () => {
  const { start } = createHarness();

  it('says where it is, serves, and ends with 0 on SIGTERM', async () => {
    const command = await run('--port', '0');
    const line = await command.waitForLine(/DISCORD_API_URL=/, 20_000);
    const apiUrl = /DISCORD_API_URL=(\S+)/.exec(line)?.[1] ?? '';
    expect((await fetch(`${apiUrl}/v10/gateway`, { headers: { authorization: 'Bot a.b.c' } })).status).toBe(200);
    command.kill('SIGTERM');
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it('ends with 0 and at once while a client is connected and reads', async () => {
    const command = await run('--port', '0', '--host', '0.0.0.0', '--rate', '1000', '--identify-ms', '0');
    const line = await command.waitForLine(/DISCORD_API_URL=/, 20_000);
    // What it prints is for this machine, whatever it listens on.
    const port = Number(/DISCORD_API_URL=http:\/\/127\.0\.0\.1:(\d+)\/api/.exec(line)?.[1]);
    const reader = openRawSocket({ port });
    reader.send(identify());
    await reader.frame(({ t }) => t === 'MESSAGE_CREATE');
    const toldMs = performance.now();
    command.kill('SIGTERM');
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - toldMs).toBeLessThan(MAX_STOP_MS);
    await reader.closed;
  });

  it('ends with 1 when the port is taken and with 78 when the script is missing', async () => {
    const { port } = await start();
    const [taken, missing] = await Promise.all([
      run('--port', String(port)),
      run('--port', '0', '--script', '/nowhere.ndjson'),
    ]);
    expect((await taken.exited).code).toBe(1);
    expect(taken.stderr).toContain('the port is already in use');
    expect((await missing.exited).code).toBe(78);
    expect(missing.stderr).toContain('script /nowhere.ndjson: cannot be read');
  });
});
