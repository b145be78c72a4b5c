import { fileURLToPath } from 'node:url';
import { eventually, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';

const FIXTURE = fileURLToPath(new URL('./fixtures/service.ts', import.meta.url));

const running: SpawnedProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => child.stop(0)));
});

async function run(...args: readonly string[]): Promise<SpawnedProcess> {
  const child = await spawnProcess(process.execPath, ['--import', 'tsx', '--conditions=source', FIXTURE, ...args]);
  running.push(child);
  return child;
}

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops once on %s and exits 0', async (signal) => {
    const child = await run('normal');
    await child.waitForLine(/"event":"running"/);
    child.kill(signal);
    child.kill(signal);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stdout.match(/"draining"/g)).toHaveLength(1);
    expect(child.stdout).toContain('"event":"stopped"');
  });

  it('aborts a start that has not finished', async () => {
    const child = await run('slow start');
    await child.waitForLine(/"starting"/);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stdout).not.toContain('start failed');
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('exits at once on a second %s', async (signal, code) => {
    const child = await run('slow stop');
    await child.waitForLine(/"event":"running"/);
    await eventually(
      () => {
        child.kill(signal);
        expect(child.hasExited).toBe(true);
      },
      { intervalMs: 100 },
    );
    expect(await child.exited).toEqual({ code, signal: null });
  });

  it('exits 1 when stopping takes too long', async () => {
    const child = await run('slow stop', '50');
    await child.waitForLine(/"event":"running"/);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.stdout).toContain('"event":"stop timed out"');
  });

  it('prints the sentence of an ExitError without a stack and exits with its code', async () => {
    const child = await run('exit error');
    expect(await child.exited).toEqual({ code: 4, signal: null });
    expect(child.stderr).toBe('The token was refused: make a new one.');
    expect(child.stdout).toBe('');
  });

  it.each([
    ['start error', 'start failed', 'start broke'],
    ['uncaught', 'unexpected error', 'uncaught broke'],
    ['unhandled', 'unexpected error', 'unhandled broke'],
  ])('logs and exits 1: %s', async (scenario, event, message) => {
    const child = await run(scenario);
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.stdout).toContain(`"event":"${event}"`);
    expect(child.stdout).toContain(message);
  });

  it('exits 1 when stopping fails', async () => {
    const child = await run('failing stop');
    await child.waitForLine(/"event":"running"/);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.stdout).toContain('stop broke');
  });

  it('stops a service that ends by itself and exits with its code', async () => {
    const child = await run('ends itself');
    expect(await child.exited).toEqual({ code: 5, signal: null });
    expect(child.stderr).toBe('The bot was removed.');
    expect(child.stdout).toContain('"event":"stopped"');
  });
});

describe('loadConfigOrExit', () => {
  it('prints every problem on a line of its own, without secrets, and exits 78', async () => {
    const child = await run('bad config');
    expect(await child.exited).toEqual({ code: 78, signal: null });
    expect(child.stderr.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'DISCORD_TOKEN',
      'DATABASE_URL',
      'REDIS_URL',
      'API_KEY',
      'PORT',
    ]);
    expect(child.stderr).not.toContain('canary');
  });
});
