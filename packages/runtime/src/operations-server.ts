import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { portProblem } from './port.ts';
import type { Readiness } from './readiness.ts';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often both are checked; Node's default of 30 s would exceed them. */
const CHECK_INTERVAL_MS = 1_000;
/** Far above what scrapers and probes open; the next one is hung up on. */
const MAX_CONNECTIONS = 64;

export interface OperationsOptions {
  /** `METRICS_PORT`, on all addresses; 0 = any free one, undefined = no server. */
  readonly port: number | undefined;
  readonly logger: Logger;
  /** What `/health/ready` says until `reportReadiness`. */
  readonly whileStarting: Readiness;
}

/** What operators and orchestrators ask a process, on a port of its own that the public never sees. */
export interface Operations {
  /** Define metrics here; they are served when there is a port, and cost nothing otherwise. */
  readonly metrics: Metrics;
  /** Asked at each `/health/ready` from now on. */
  reportReadiness(read: () => Readiness | Promise<Readiness>): void;
  /** Cuts what is still open. Close it last, so that the whole stop can be watched. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Serves `GET /metrics` (Prometheus), `GET /health/live` (200 while the process answers at all) and `GET /health/ready`. Open it
 *  first: a process that waits for its database is alive and can say so.
 *  @throws ExitError with a sentence that names `METRICS_PORT` when the port cannot be had. */
export async function openOperations({ port, logger, whileStarting }: OperationsOptions): Promise<Operations> {
  const metrics = createMetrics();
  let readiness: () => Readiness | Promise<Readiness> = () => whileStarting;
  const reportReadiness: Operations['reportReadiness'] = (read) => {
    readiness = read;
  };
  if (port === undefined) return { metrics, reportReadiness, close: async () => {} };

  metrics.observeProcess();
  const routes: Readonly<Record<string, () => Promise<Answer>>> = {
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
    '/health/live': async () => json(200, { status: 'live' }),
    '/health/ready': async () => {
      const report = await readiness();
      return json(report.status === 'down' ? 503 : 200, report);
    },
  };
  const server = createServer({ connectionsCheckingInterval: CHECK_INTERVAL_MS }, (request, response) => {
    void answer(routes, request)
      .catch((error: unknown) => {
        logger.error('operations request failed', { path: pathOf(request), error });
        return json(500, { status: 'error' });
      })
      .then((found) => send(response, found));
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  logger.info('metrics and health are served', { metricsPort: await listen(server, port) });

  return {
    metrics,
    reportReadiness,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(routes: Readonly<Record<string, () => Promise<Answer>>>, request: IncomingMessage) {
  const path = pathOf(request);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return json(404, { status: 'not found', see: Object.keys(routes) });
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { status: 'method not allowed' });
  return route();
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

const json = (status: number, body: object): Answer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
});

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response
    .writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      // A scrape every few seconds gains nothing from a kept connection, and none is then left to wait for at the stop.
      Connection: 'close',
      ...(status === 405 && { Allow: 'GET, HEAD' }),
    })
    .end(body);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(portProblem(port, 'METRICS_PORT', error));
    server.once('error', onError);
    server.listen(port, () => {
      server.off('error', onError);
      resolve(portOf(server.address()));
    });
  });
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
