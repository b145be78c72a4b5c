import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eventually, type SpawnedProcess, spawnProcess } from '@dms/test-kit';
import { ROOT } from '../../support/programs.ts';
import { type SwarmStatus, swarmStatusSchema } from './swarm-status.ts';

/** Very many readers in a process of their own. */
export interface Swarm {
  /** Half a second old at most. */
  status(): SwarmStatus;
  /** Waits for a status that `matches`; default 60,000 ms. @throws with the last one. */
  until(matches: (status: SwarmStatus) => boolean, timeoutMs?: number): Promise<SwarmStatus>;
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./swarm.ts', import.meta.url));
const TYPESCRIPT_LOADER = pathToFileURL(createRequire(join(ROOT, 'package.json')).resolve('tsx')).href;

export async function startSwarm(url: string, clients: number, addresses: readonly string[]): Promise<Swarm> {
  const args = ['--import', TYPESCRIPT_LOADER, '--conditions=source', ENTRY, url, String(clients), addresses.join(',')];
  const program: SpawnedProcess = await spawnProcess(process.execPath, args, { cwd: ROOT });
  await program.waitForLine(/^\{/, 60_000);
  const status = (): SwarmStatus => {
    const line = program.stdout.trimEnd().split('\n').at(-1) ?? '';
    if (program.hasExited) throw new Error(`the swarm ended: ${program.stderr}`);
    return swarmStatusSchema.parse(JSON.parse(line));
  };
  return {
    status,
    until: (matches, timeoutMs = 60_000) =>
      eventually(
        () => {
          const now = status();
          if (!matches(now)) throw new Error(JSON.stringify(now));
          return now;
        },
        { timeoutMs, intervalMs: 250 },
      ),
    stop: async () => void (await program.stop()),
  };
}
