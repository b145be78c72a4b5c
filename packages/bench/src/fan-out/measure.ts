import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../child.ts';
import { cpuSeconds } from '../cpu.ts';
import { startWorker, type Workshop } from '../processes.ts';
import { readSample } from '../targets.ts';
import type { WindowFigures } from '../workers/fan-out/delivery-window.ts';
import type { SwarmFigures } from '../workers/swarm-orders.ts';
import type { Contestant, Ground } from './contestants.ts';
import type { Swarm } from './swarm.ts';

const WARMUP_SECONDS = 2;
/** After what the publisher was asked to take. */
const PUBLISH_GRACE_MS = 60_000;
const QUIET_MS = 4_000;
const PAGE_BYTES = 4_096;
const KEEPS_UP = 0.95;
/** What prom-client's event loop monitor adds: it measures the interval of its own timer. */
const MONITOR_INTERVAL_MS = 10;

export interface Pace {
  /** Messages per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly channels?: number;
}

/** One contestant at one rate. */
export interface Measurement {
  readonly rate: number;
  readonly clients: number;
  readonly deliveriesPerSecond: number;
  readonly window: WindowFigures;
  readonly cpuPerMillion: number | null;
  readonly clientCpuPerMillion: number | null;
  /** Event-loop delay of the server, where it tells. */
  readonly loopP99Ms: number | null;
  readonly residentMiB: number;
  readonly keepsUp: boolean;
  readonly wrong: number;
  readonly bytesPerMessage: number;
}

export async function startPublisher(
  workshop: Workshop,
  { redis }: Ground,
  { target, databaseUrl }: Pick<Contestant, 'target' | 'databaseUrl'>,
  { rate, seconds, channels = 1 }: Pace,
): Promise<Child> {
  const publisher = await startWorker(workshop, 'publisher', [target, redis.url, databaseUrl, rate, seconds, channels]);
  await publisher.line(/^publishing /, PUBLISH_GRACE_MS);
  return publisher;
}

export async function untilPublished(publisher: Child, seconds: number): Promise<{ readonly messages: number }> {
  const line = await publisher.line(/^done /, seconds * 1_000 + PUBLISH_GRACE_MS);
  return JSON.parse(line.slice('done '.length));
}

/** Resident memory in MiB; 0 where there is no /proc. */
export function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * PAGE_BYTES) / 2 ** 20;
  } catch {
    return 0;
  }
}

/** The server's event-loop delay (p99) since the last call, in ms beyond the monitor's own interval. */
export async function readLoopDelay(metricsPort: number | null): Promise<number | null> {
  if (metricsPort === null) return null;
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const seconds = readSample(metrics, 'nodejs_eventloop_lag_p99_seconds');
  return seconds === null ? null : Math.max(0, seconds * 1_000 - MONITOR_INTERVAL_MS);
}

/** Holes of a whole stream count as well; a filtered one has them by nature. */
export const wrongOf = ({ lost, duplicates, reordered, broken, jumps, behind }: SwarmFigures, isWhole = true): number =>
  lost + duplicates + reordered + broken + behind + (isWhole ? jumps : 0);

function sumOfCpu(pids: readonly number[]): number | null {
  const each = pids.map(cpuSeconds);
  return each.some((seconds) => seconds === null)
    ? null
    : each.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
}

const difference = (start: number | null, end: number | null): number | null =>
  start === null || end === null ? null : end - start;

/** Lets a contestant deliver at a pace to clients that are connected already. Of one that cannot follow, what is left over is not
 *  waited for. */
export async function measurePace(
  workshop: Workshop,
  ground: Ground,
  contestant: Contestant,
  swarm: Swarm,
  clients: number,
  pace: Pace,
  /** Further servers whose CPU counts. */
  beside: readonly number[] = [],
): Promise<Measurement> {
  const { pid } = contestant.process;
  const before = await swarm.order({ kind: 'read' });
  const whole = { ...pace, seconds: pace.seconds + WARMUP_SECONDS };
  const publisher = await startPublisher(workshop, ground, contestant, whole);
  await delay(WARMUP_SECONDS * 1_000);
  await readLoopDelay(contestant.metricsPort);
  await swarm.order({ kind: 'measure' });
  const serversBefore = sumOfCpu([pid, ...beside]);
  const swarmBefore = cpuSeconds(swarm.process.pid);
  await delay(pace.seconds * 1_000);
  const { windows } = await swarm.order({ kind: 'read' });
  const server = difference(serversBefore, sumOfCpu([pid, ...beside]));
  const client = difference(swarmBefore, cpuSeconds(swarm.process.pid));
  const loopP99Ms = await readLoopDelay(contestant.metricsPort);
  const window = windows.all ?? { deliveries: 0, seconds: pace.seconds, p50Ms: 0, p99Ms: 0, maxMs: 0 };
  const resident = residentMiB(pid);
  const deliveriesPerSecond = window.deliveries / window.seconds;
  const isWhole = pace.channels === undefined;
  const isFast = deliveriesPerSecond >= KEEPS_UP * pace.rate * clients;
  const { messages } = await untilPublished(publisher, whole.seconds);
  await publisher.stop();
  const expected = before.totalFrames + messages;
  const after = isFast
    ? await swarm.order({ kind: 'settle', frames: expected, quietMs: QUIET_MS })
    : await swarm.order({ kind: 'read' });
  const perMillion = (seconds: number | null): number | null =>
    seconds === null || window.deliveries === 0 ? null : (seconds / window.deliveries) * 1e6;
  return {
    rate: pace.rate,
    clients,
    deliveriesPerSecond,
    window,
    cpuPerMillion: perMillion(server),
    clientCpuPerMillion: perMillion(client),
    loopP99Ms,
    residentMiB: resident,
    keepsUp: isFast && after.totalFrames === expected && after.behind === 0,
    // Of one that cannot follow, only what arrived can be judged.
    wrong: isFast
      ? wrongOf(after, isWhole) + Math.abs(expected - after.totalFrames)
      : wrongOf(after, isWhole) - after.behind,
    bytesPerMessage: after.frames === 0 ? 0 : after.bytes / after.frames,
  };
}
