import { type Response, Router } from 'express';
import { measureLagMs, notReadyReason } from '../readiness.ts';
import { buildHealthReport, type HealthSources } from './health-report.ts';
import { addJsonRoute } from './json-route.ts';
import { HttpProblem } from './problem.ts';
import { remember } from './remember.ts';

/** `/health` is public and unlimited, so it must not be a way to keep the database busy. */
const REPORT_TTL_MS = 1_000;

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
    const reason = notReadyReason(sources.feed, sources.connections, await lagMs());
    if (reason !== null) throw new HttpProblem(503, reason, { headers: { 'Retry-After': '1' } });
    return '{"status":"ready"}';
  });
  return router;
}
