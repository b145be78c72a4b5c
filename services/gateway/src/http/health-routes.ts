import { type Response, Router } from 'express';
import { buildHealthReport, type HealthSources } from './health-report.ts';
import { addJsonRoute } from './json-route.ts';
import { HttpProblem } from './problem.ts';
import { remember } from './remember.ts';

/** `/health` is public and unlimited, so it must not be a way to keep the database busy. */
const REPORT_TTL_MS = 1_000;
const MAX_LAG_MS = 2_000;

/** How long the event loop takes to come round right now. */
async function measureLagMs(): Promise<number> {
  const startMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return performance.now() - startMs;
}

/** Why this replica must not get new traffic; null when it may. Outages elsewhere are no reason: a readiness that follows
 *  them turns a short outage of Redis into an outage for everyone. */
function notReadyReason(sources: HealthSources, lagMs: number): string | null {
  if (sources.connections.isDraining) return 'This replica is stopping.';
  if (!sources.feed.isReady) return 'The first read of the log is not finished.';
  if (lagMs >= MAX_LAG_MS) return `The event loop lags ${Math.round(lagMs)} ms behind.`;
  return null;
}

const forbidCaching = (res: Response): void => {
  res.setHeader('Cache-Control', 'no-store');
};

/** `/health` for people, `/health/live` and `/health/ready` for machines. `lagMs` is replaced only by tests. */
export function createHealthRoutes(sources: HealthSources, lagMs: () => Promise<number> = measureLagMs): Router {
  const router = Router({ caseSensitive: true });
  const report = remember(() => buildHealthReport(sources), REPORT_TTL_MS);

  addJsonRoute(router, '/health', async (_req, res) => {
    forbidCaching(res);
    const health = await report();
    res.status(health.status === 'down' ? 503 : 200);
    return JSON.stringify(health);
  });

  addJsonRoute(router, '/health/live', async (_req, res) => {
    forbidCaching(res);
    return '{"status":"live"}';
  });

  addJsonRoute(router, '/health/ready', async (_req, res) => {
    forbidCaching(res);
    const reason = notReadyReason(sources, await lagMs());
    if (reason !== null) throw new HttpProblem(503, reason, { headers: { 'Retry-After': '1' } });
    return '{"status":"ready"}';
  });
  return router;
}
