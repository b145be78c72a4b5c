import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach } from '@jest/globals';

/** What keeps a process alive and must be closed by whoever opened it. Pending file reads and the like end by themselves. */
const WATCHED: ReadonlySet<string> = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeServerWrap',
  'UDPWrap',
  'UDPSendWrap',
  'TLSWrap',
  'ProcessWrap',
  'MessagePort',
  'Worker',
  'FSEventWrap',
  'StatWatcher',
  'Timeout',
  'Immediate',
]);
const SETTLE_MS = 1_000;
const INTERVAL_MS = 10;
const SAMPLES = 4;

export type ResourceCounts = ReadonlyMap<string, number>;

/** The sockets, servers, timers and processes that keep this process alive right now, by kind. */
export function activeResources(): ResourceCounts {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Jest's own passing timers must not hide a leak, so the lowest count of a few moments is the one to compare with. The timer
 *  under which Jest runs a hook is in every count. */
async function settledResources(): Promise<ResourceCounts> {
  const samples = [activeResources()];
  while (samples.length < SAMPLES) {
    await delay(1);
    samples.push(activeResources());
  }
  return new Map([...WATCHED].map((kind) => [kind, Math.min(...samples.map((counts) => counts.get(kind) ?? 0))]));
}

/** What there is more of than `before`, e.g. `1 × Timeout`; resources have `settleMs` (default 1,000) to disappear, because a
 *  closed socket is gone only after its last event. */
export async function findLeaks(before: ResourceCounts, settleMs = SETTLE_MS): Promise<readonly string[]> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const leaks = [...activeResources()].flatMap(([kind, count]) => {
      const extra = count - (before.get(kind) ?? 0);
      return extra > 0 ? [`${extra} × ${kind}`] : [];
    });
    if (leaks.length === 0 || performance.now() >= deadline) return leaks;
    await delay(INTERVAL_MS);
  }
}

/** Fails each test that leaves a socket, server, timer or child process behind. What `beforeAll` opened is no leak.
 *  Call it at the top of a file and keep your own hooks inside a `describe`: Jest then runs this check around them. */
export function checkLeaks(): void {
  let before: ResourceCounts = new Map();
  beforeEach(async () => {
    before = await settledResources();
  });
  afterEach(async () => {
    const leaks = await findLeaks(before);
    if (leaks.length > 0) throw new Error(`the test left behind: ${leaks.join(', ')}`);
  });
}
