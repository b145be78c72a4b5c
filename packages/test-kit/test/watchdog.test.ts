import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually, spawnProcess } from '@dms/test-kit';
import { expect, it } from '@jest/globals';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('leaves no child process and no directory behind when the test process is killed', async () => {
  const owner = await spawnProcess(process.execPath, [
    '--import',
    'tsx',
    '--conditions=source',
    fileURLToPath(new URL('./fixtures/own-a-child.ts', import.meta.url)),
  ]);
  const line = await owner.waitForLine(/^child /);
  const [, childPid = '', directory = ''] = line.split(' ');
  expect(isAlive(Number(childPid))).toBe(true);
  expect(existsSync(directory)).toBe(true);

  owner.kill('SIGKILL');
  expect(await owner.exited).toEqual({ code: null, signal: 'SIGKILL' });

  await eventually(() => expect(isAlive(Number(childPid))).toBe(false));
  await eventually(() => expect(existsSync(directory)).toBe(false));
});
