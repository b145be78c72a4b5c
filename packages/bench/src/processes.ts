import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, type Environment, startChild } from './child.ts';
import type { BuildKind } from './command-line.ts';

/** Where the repository is, what to run of it, and what its processes may inherit. */
export interface Workshop {
  readonly root: string;
  readonly build: BuildKind;
  readonly env: Environment;
}

const FROM_SOURCE = ['--enable-source-maps', '--import', 'tsx', '--conditions=source'];
const READY_TIMEOUT_MS = 90_000;
const SIMULATOR_TIMEOUT_MS = 30_000;

export interface Given {
  readonly args?: readonly string[];
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one of the product's programs, e.g. `services/gateway`, `main`. @throws Error when there is no build of it. */
export function startProgram(
  { root, build, env }: Workshop,
  place: string,
  entry: string,
  given: Given = {},
): Promise<Child> {
  const file = build === 'source' ? join(root, place, `src/${entry}.ts`) : join(root, place, `dist/${entry}.js`);
  if (!existsSync(file)) throw new Error(`there is no ${file}: run pnpm build, or leave --from dist away`);
  const args = [...(given.nodeArgs ?? []), ...(build === 'source' ? FROM_SOURCE : []), file, ...(given.args ?? [])];
  return startChild({ name: place, args, ...(given.env !== undefined && { env: given.env }) }, env);
}

/** Starts a program of this package; always from source. */
export function startWorker({ root, env }: Workshop, name: string, args: readonly (string | number)[]): Promise<Child> {
  const file = join(root, `packages/bench/src/workers/${name}.ts`);
  return startChild({ name, args: [...FROM_SOURCE, file, ...args.map(String)] }, env);
}

export interface Simulator {
  readonly apiUrl: string;
  readonly process: Child;
}

/** Plays `script` once from the first client's readiness on; `rate` 0 = as fast as it is read. */
export async function startSimulator(
  workshop: Workshop,
  script: string,
  rate: number,
  { hasRateLimits = false } = {},
): Promise<Simulator> {
  const limits = hasRateLimits ? [] : ['--no-rate-limits'];
  const args = ['--port', '0', '--script', script, '--rate', String(rate), ...limits, '--identify-ms', '0'];
  const process = await startProgram(workshop, 'packages/discord-simulator', 'main', { args });
  const line = await process.line(/DISCORD_API_URL=/, SIMULATOR_TIMEOUT_MS);
  return { apiUrl: line.slice(line.indexOf('=') + 1).trim(), process };
}

/** Resolves when `/health/ready` says yes. @throws Error with the program's newest output. */
export async function untilReady(program: Child, port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const isReady = await Promise.race([program.died, askReady(port)]);
    if (isReady) return;
    await delay(10);
  }
  throw new Error(`${program.name} was not ready after ${READY_TIMEOUT_MS} ms`);
}

async function askReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
