import { LEASE_MS, type WriterStatus } from '@dms/event-log';
import type { Readiness } from '@dms/runtime';
import type { WriteQueue } from './write-queue.ts';
import type { WriterLoop } from './writer-loop.ts';

/** Longer than any wait that ends by itself: a database that stopped answering holds one turn up for two statements of 12 s. */
const HANGS_AFTER_MS = 30_000;

/** The ingester as its metrics and its readiness see it. Read at every request, never kept. */
export interface IngesterView {
  readonly loop: Pick<
    WriterLoop,
    'counters' | 'commitTimes' | 'isLeading' | 'isLogReachable' | 'headSeq' | 'turnedAtMs'
  >;
  readonly queue: Pick<WriteQueue, 'size'>;
  readonly discord: WriterStatus;
  readonly redis: 'up' | 'down';
}

/** What the ingester says until it has reached its database for the first time: an update must not go on to replace those that
 *  work. Once it has, an outage is no reason to be `down`. */
export const WAITING_FOR_DATABASE: Readiness = {
  status: 'down',
  reasons: ['waiting for the database'],
  role: 'standby',
};

/** Fit for work means that the loop lives: it leads, or asks for the lease again and again. Whatever is away elsewhere is a reason
 *  to be `degraded`; a standby has no business with Discord. */
export function ingesterReadiness({ loop, queue, discord, redis }: IngesterView, nowMs: number): Readiness {
  const silentMs = nowMs - loop.turnedAtMs;
  const isHanging = silentMs > HANGS_AFTER_MS;
  const isDatabaseUp = loop.isLogReachable && silentMs <= LEASE_MS;
  const reasons: string[] = [];
  if (isHanging) reasons.push(`the writer loop has hung for ${Math.round(silentMs / 1_000)} s`);
  else if (!isDatabaseUp) reasons.push('the database does not answer');
  if (redis === 'down') reasons.push('redis is away: gateways read the log instead, up to 1 s later');
  if (loop.isLeading && discord.discord !== 'connected')
    reasons.push(discord.detail ?? `discord is ${discord.discord}`);
  return {
    status: isHanging ? 'down' : reasons.length > 0 ? 'degraded' : 'ok',
    reasons,
    role: loop.isLeading ? 'active' : 'standby',
    discord: discord.discord,
    database: isDatabaseUp ? 'up' : 'down',
    redis,
    queued: queue.size,
  };
}
