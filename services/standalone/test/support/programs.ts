import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type SpawnedProcess, spawnProcess, temporaryDirectory } from '@dms/test-kit';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Begins everything secret or private that a system test plants: messages, names, keys, passwords. No program may ever print
 *  it, and `endPrograms` fails the test when one did. */
export const PLANTED = 'canary-';
/** Well formed and worth nothing: the simulator takes any. */
export const TOKEN = `c3lzdGVt.${PLANTED}token.that-must-not-sing`;
/** Longer than any start on a busy machine; a start that takes this long has failed. */
export const START_TIMEOUT_MS = 60_000;

/** As the root's scripts run them. */
const ENTRIES = {
  standalone: 'services/standalone/src/main.ts',
  ingester: 'services/ingester/src/main.ts',
  gateway: 'services/gateway/src/main.ts',
  migrate: 'packages/event-log/src/bin/migrate.ts',
  simulator: 'packages/discord-simulator/src/main.ts',
  cli: 'packages/client/src/cli/main.ts',
} as const;

export type ProgramName = keyof typeof ENTRIES;

/** For `node --import`. */
export const TYPESCRIPT_LOADER = pathToFileURL(createRequire(join(ROOT, 'package.json')).resolve('tsx')).href;
const running = new Set<SpawnedProcess>();
let started: SpawnedProcess[] = [];
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
  const forbidden = new RegExp(PLANTED, 'i');
  const program = await spawnProcess(process.execPath, [...flags, ...args], { env, cwd: workingDirectory, forbidden });
  started.push(program);
  running.add(program);
  void program.exited.then(() => running.delete(program));
  return program;
}

/** Kills every program that still runs: after each test, or after all when they share one deployment.
 *  @throws when a program printed what was planted (`PLANTED`) since the last call. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => killProgram(program)));
  const leaks = started.flatMap(({ forbiddenLines }) => forbiddenLines);
  started = [];
  if (leaks.length > 0) throw new Error(`content or secrets were printed:\n${leaks.join('\n')}`);
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
