import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { spawnProcess } from '@dms/test-kit';
import { expect, it } from '@jest/globals';
import { activeResources, findLeaks } from '../src/check-leaks.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FIXTURE = fileURLToPath(new URL('./fixtures/leaking.fixture.ts', import.meta.url));

it('names what was left behind, and nothing once it is closed', async () => {
  const before = activeResources();
  const timer = setTimeout(() => {}, 60_000);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  expect([...(await findLeaks(before, 0))].sort()).toEqual(['1 × TCPServerWrap', '1 × Timeout']);
  clearTimeout(timer);
  server.close();
  expect(await findLeaks(before)).toEqual([]);
});

it('does not count what keeps no process alive', async () => {
  const before = activeResources();
  const timer = setInterval(() => {}, 60_000).unref();
  expect(await findLeaks(before, 0)).toEqual([]);
  clearInterval(timer);
});

it('turns a leaking test red and leaves a clean one green', async () => {
  const jest = await spawnProcess(
    process.execPath,
    [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--selectProjects=unit',
      `--testMatch=${FIXTURE}`,
      '--forceExit',
      '--reporters=default',
    ],
    { cwd: ROOT },
  );
  const exit = await jest.exited;
  expect(jest.stderr).toContain('✓ cleans up');
  expect(jest.stderr).toContain('✕ forgets timers');
  expect(jest.stderr).toMatch(/the test left behind: [123] × Timeout/);
  expect(exit.code).toBe(1);
});
