import type { WriterState } from '@dms/event-log';
import type { BrokerView, ConnectionsView, FeedView, LogView } from './views.ts';
import { within } from './within.ts';

export type HealthStatus = 'ok' | 'degraded' | 'down';

export interface HealthCheck {
  readonly status: HealthStatus;
  readonly detail?: string;
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<'database' | 'redis' | 'discord' | 'ingester' | 'feed', HealthCheck>>;
}

export interface HealthSources {
  readonly log: LogView;
  readonly broker: BrokerView;
  readonly feed: FeedView;
  readonly connections: ConnectionsView;
}

const MAX_CHECK_MS = 1_000;
const UNKNOWN: HealthCheck = { status: 'degraded', detail: 'unknown while the database does not answer' };

const check = (status: HealthStatus, detail: string | null = null): HealthCheck =>
  detail === null ? { status } : { status, detail };

async function databaseCheck(log: LogView): Promise<HealthCheck> {
  try {
    await within(log.ping(), MAX_CHECK_MS);
    return check('ok');
  } catch {
    // Why is for the operator's log: the reason may name hosts and accounts.
    return check('down', 'does not answer; what is held in memory is still served');
  }
}

/** The writer as the log knows it; null when the log cannot be asked. */
export async function readWriterState(log: LogView): Promise<WriterState | null> {
  try {
    return await within(log.writerState(), MAX_CHECK_MS);
  } catch {
    return null;
  }
}

function ingesterCheck({ isHeld, openGaps }: WriterState): HealthCheck {
  if (!isHeld) return check('down', 'none is running: no new messages are recorded');
  if (openGaps === 0) return check('ok');
  const gaps = openGaps === 1 ? 'one gap is open' : `${openGaps} gaps are open`;
  return check('degraded', `${gaps}: what was missed is being fetched, see /coverage`);
}

function discordCheck(writer: WriterState): HealthCheck {
  if (!writer.isHeld) return check('down', 'no ingester is connected');
  const detail = writer.status?.detail ?? null;
  if (writer.status === null) return check('degraded', 'the ingester has not reported yet');
  if (writer.status.discord === 'connected') return check('ok', detail);
  if (writer.status.discord === 'connecting') return check('degraded', detail ?? 'connecting');
  return check('down', detail ?? 'disconnected');
}

function redisCheck(broker: BrokerView): HealthCheck {
  const status = broker.status();
  return status.status === 'up' ? check('ok') : check('down', 'away: events arrive through the log, up to 1 s later');
}

function feedCheck(feed: FeedView, connections: ConnectionsView): HealthCheck {
  if (connections.isDraining) return check('down', 'this replica is stopping');
  if (!feed.isReady) return check('down', feed.detail ?? 'reading the log for the first time');
  return feed.state === 'live' ? check('ok', feed.detail) : check('degraded', feed.detail);
}

/** Asks every part, in at most 1 s. A replica is `down` only when it cannot serve at all, which is the feed's to say; a missing
 *  neighbour makes it `degraded`, because what was stored is still served. Never rejects. */
export async function buildHealthReport(sources: HealthSources): Promise<HealthReport> {
  const [database, writer] = await Promise.all([databaseCheck(sources.log), readWriterState(sources.log)]);
  const checks = {
    database,
    redis: redisCheck(sources.broker),
    discord: writer === null ? UNKNOWN : discordCheck(writer),
    ingester: writer === null ? UNKNOWN : ingesterCheck(writer),
    feed: feedCheck(sources.feed, sources.connections),
  };
  if (checks.feed.status === 'down') return { status: 'down', checks };
  const isOk = Object.values(checks).every(({ status }) => status === 'ok');
  return { status: isOk ? 'ok' : 'degraded', checks };
}
