import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type SpawnedProcess, spawnProcess, temporaryDirectory } from '@dms/test-kit';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Well formed and worth nothing: the simulator takes any. */
export const TOKEN = 'c3lzdGVt.test.token';
/** Longer than any start on a busy machine; a start that takes this long has failed. */
export const START_TIMEOUT_MS = 60_000;

/** As the root's scripts run them. */
const ENTRIES = {
  standalone: 'services/standalone/src/main.ts',
  ingester: 'services/ingester/src/main.ts',
  gateway: 'services/gateway/src/main.ts',
  migrate: 'packages/event-log/src/bin/migrate.ts',
  simulator: 'packages/discord-simulator/src/main.ts',
} as const;

export type ProgramName = keyof typeof ENTRIES;

/** For `node --import`. */
export const TYPESCRIPT_LOADER = pathToFileURL(createRequire(join(ROOT, 'package.json')).resolve('tsx')).href;
const running = new Set<SpawnedProcess>();
let workingDirectory: string | null = null;

/** Starts one of the product's own programs with nothing but `env`, in an empty directory: a `.env` in the repository or data
 *  of a developer's own must not change a test. `endPrograms` ends what is left. */
export async function runProgram(
  name: ProgramName,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<SpawnedProcess> {
  workingDirectory ??= await temporaryDirectory();
  const flags = [
    '--enable-source-maps',
    '--import',
    TYPESCRIPT_LOADER,
    '--conditions=source',
    join(ROOT, ENTRIES[name]),
  ];
  const program = await spawnProcess(process.execPath, [...flags, ...args], { env, cwd: workingDirectory });
  running.add(program);
  void program.exited.then(() => running.delete(program));
  return program;
}

/** Kills every program that still runs: after each test, or after all when they share one deployment. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => killProgram(program)));
}

/** kill -9, and wait until it is gone. */
export async function killProgram(program: SpawnedProcess): Promise<void> {
  program.kill('SIGKILL');
  await program.exited;
}

/** The exit code, or an error with the output when it goes on running. */
export async function exitCodeOf(program: SpawnedProcess, withinMs = START_TIMEOUT_MS): Promise<number | null> {
  const waiting = new AbortController();
  const late = delay(withinMs, null, { signal: waiting.signal }).catch(() => null);
  const exit = await Promise.race([program.exited, late]);
  waiting.abort();
  if (exit === null) throw new Error(`still running after ${withinMs} ms:\n${outputOf(program)}`);
  return exit.code;
}

export const outputOf = (program: SpawnedProcess): string => `${program.stdout}\n${program.stderr}`;

/** Lines of a stack trace: what an operator should never have to read. */
export const stackLinesOf = (program: SpawnedProcess): readonly string[] =>
  outputOf(program)
    .split('\n')
    .filter((line) => /^\s+at .+[:(]|node:internal/.test(line) || line.includes('\\n    at '));
