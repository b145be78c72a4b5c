import type { SharedCounts } from '@dms/broker';
import type { TrustProxy } from '@dms/runtime';
import express, { type Express, type RequestHandler, Router } from 'express';
import type { Access } from '../access/access.ts';
import { compileTrustProxy } from '../access/client-address.ts';
import { addCoverageRoutes } from './coverage-routes.ts';
import { createCrossOrigin } from './cross-origin.ts';
import { addDirectoryRoutes } from './directory-routes.ts';
import { addDocumentRoutes } from './document/document-routes.ts';
import { createErrorHandler, refuseUnknownPath } from './error-handler.ts';
import { addExportRoute } from './export/export-route.ts';
import { createHealthRoutes } from './health-routes.ts';
import { addMessageRoutes } from './message-routes.ts';
import { createPage } from './page.ts';
import type { MessagePages } from './pages/message-pages.ts';
import { addPrivacyRoutes } from './privacy-routes.ts';
import { HttpProblem } from './problem.ts';
import { createRateLimit, type RateLimitSettings } from './rate-limit.ts';
import { refuseBody, refuseKeyInQuery, refuseMethod, requireHost } from './request-guards.ts';
import { assignRequestId } from './request-id.ts';
import { createSecurityHeaders } from './security-headers.ts';
import { addStatsRoutes, type StatsSources } from './stats-routes.ts';
import type { HttpLogger } from './views.ts';

export interface HttpDeps extends StatsSources {
  readonly access: Access;
  readonly pages: MessagePages;
  readonly rateLimit: RateLimitSettings;
  readonly counts: Pick<SharedCounts, 'hit'>;
  readonly trustProxy: TrustProxy;
  readonly logger: HttpLogger;
  /** Answers `GET /events`. */
  readonly events: RequestHandler;
  /** Absolute path of the page's files. */
  readonly publicDirectory: string;
  /** What a demo can do beside (`/demo`, with bodies of its own); null = this is none. It decides itself whom it obeys. */
  readonly demo: RequestHandler | null;
}

/** A plain request at the WebSocket's address: somebody opened it in a browser, or a proxy dropped the upgrade. */
const requireUpgrade: RequestHandler = (_req, _res, next) => {
  const headers = { Upgrade: 'websocket', Connection: 'Upgrade' };
  next(
    new HttpProblem(426, 'This address speaks WebSocket; a proxy in between must pass the upgrade on.', { headers }),
  );
};

function createApi(deps: HttpDeps): Router {
  const router = Router({ caseSensitive: true });
  router.all('/ws', requireUpgrade);
  router.route('/events').get(deps.events).all(refuseMethod);
  addMessageRoutes(router, deps);
  addExportRoute(router, deps.log, deps.access);
  addDirectoryRoutes(router, deps.log, deps.access);
  addCoverageRoutes(router, deps.log, deps.access);
  addStatsRoutes(router, deps, deps.access);
  addPrivacyRoutes(router, deps);
  addDocumentRoutes(router, deps.publicDirectory);
  return router;
}

/** The REST side of a gateway. Holds no state but a second of `/health`; opens nothing.
 *  Every route is also there under `/v1`. Health and the page stay outside the rate limit. */
export function createHttpApp(deps: HttpDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.set('trust proxy', compileTrustProxy(deps.trustProxy));

  app.use(assignRequestId, createSecurityHeaders(), requireHost);
  if (deps.demo !== null) app.use('/demo', deps.demo);
  app.use(refuseBody);
  // Before the question of origins: these files are for everybody, and say nothing.
  app.use(createPage(deps.publicDirectory, { isDemo: deps.demo !== null }));
  app.use(createCrossOrigin(deps.access.isAllowedOrigin));
  const health = createHealthRoutes(deps);
  app.use('/v1', health).use(health);
  app.use(createRateLimit(deps.rateLimit, deps.access.clientAddress, deps.counts), refuseKeyInQuery);
  const api = createApi(deps);
  app.use('/v1', api).use(api);
  app.use(refuseUnknownPath, createErrorHandler(deps.logger));
  return app;
}
