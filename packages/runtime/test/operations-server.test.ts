import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { createLogger, ExitError, type Operations, openOperations, type Readiness } from '@dms/runtime';
import { checkLeaks } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';

checkLeaks();

const STARTING: Readiness = { status: 'down', reasons: ['starting'] };
const DROP_TIMEOUT_MS = 15_000;

describe('the operations server', () => {
  const opened: Operations[] = [];
  afterEach(async () => {
    for (const operations of opened.splice(0)) await operations.close();
  });

  async function start(port: number | undefined = 0) {
    const stream = new PassThrough();
    const logger = createLogger({ service: 'test', level: 'info', format: 'json', stream });
    const operations = await openOperations({ port, logger, whileStarting: STARTING });
    opened.push(operations);
    const line: unknown = stream.read();
    const listening = /"metricsPort":(\d+)/.exec(String(line))?.[1] ?? null;
    return { operations, port: Number(listening), url: `http://127.0.0.1:${listening}` };
  }

  it('serves metrics: those of the process and those that were defined, also later', async () => {
    const { operations, url } = await start();
    const before = await fetch(`${url}/metrics`);
    expect(before.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await before.text()).toMatch(/^process_resident_memory_bytes \d+$/m);
    operations.metrics.gauge({ name: 'dms_one', help: 'One.', read: () => 1 });
    expect(await (await fetch(`${url}/metrics?format=any`)).text()).toMatch(/^dms_one 1$/m);
  });

  it('is alive as soon as it answers, and as ready as it is told', async () => {
    const { operations, url } = await start();
    const live = await fetch(`${url}/health/live`);
    expect([live.status, await live.json(), live.headers.get('cache-control')]).toEqual([
      200,
      { status: 'live' },
      'no-store',
    ]);
    const ready = async () => {
      const response = await fetch(`${url}/health/ready`);
      return [response.status, await response.json()];
    };
    expect(await ready()).toEqual([503, STARTING]);
    operations.reportReadiness(() => ({ status: 'ok', reasons: [], role: 'active' }));
    expect(await ready()).toEqual([200, { status: 'ok', reasons: [], role: 'active' }]);
    operations.reportReadiness(async () => ({ status: 'degraded', reasons: ['discord is away'] }));
    expect(await ready()).toEqual([200, { status: 'degraded', reasons: ['discord is away'] }]);
    operations.reportReadiness(async () => ({ status: 'down', reasons: ['the loop hangs'] }));
    expect(await ready()).toEqual([503, { status: 'down', reasons: ['the loop hangs'] }]);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('answers 500 and goes on when what it asks fails, without a word of why', async () => {
    const { operations, url } = await start();
    operations.reportReadiness(() => {
      throw new Error('canary');
    });
    const response = await fetch(`${url}/health/ready`);
    expect([response.status, await response.text()]).toEqual([500, '{"status":"error"}']);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/constructor', 404],
    ['GET', '/health', 404],
    ['POST', '/messages', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/health/ready', 405],
    ['HEAD', '/health/live', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { url } = await start();
    const response = await fetch(`${url}${path}`, { method });
    await response.arrayBuffer();
    expect(response.status).toBe(status);
    if (status === 405) expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('is not there without a port; metrics can be defined all the same', async () => {
    const logger = createLogger({ service: 'test', level: 'info', format: 'json', stream: new PassThrough() });
    const operations = await openOperations({ port: undefined, logger, whileStarting: STARTING });
    operations.metrics.gauge({ name: 'dms_one', help: 'One.', read: () => 1 });
    operations.reportReadiness(() => STARTING);
    expect(await operations.metrics.text()).not.toContain('process_');
    await operations.close();
  });

  it('names the remedy when its port is taken', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const outcome = await start(port).catch((error: unknown) => error);
    other.close();
    expect(outcome).toBeInstanceOf(ExitError);
    expect(outcome).toMatchObject({
      exitCode: 69,
      message: `Port ${port} is taken by another program: stop that one, or choose another port with METRICS_PORT=${port + 1}.`,
    });
  });

  it('closes at once, whatever is open', async () => {
    const { operations, port } = await start();
    const silent = connect(port, '127.0.0.1');
    const halfWay = connect(port, '127.0.0.1');
    const gone = Promise.all([silent, halfWay].map(ended));
    await Promise.all([once(silent, 'connect'), once(halfWay, 'connect')]);
    halfWay.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
    const startedMs = performance.now();
    await operations.close();
    expect(performance.now() - startedMs).toBeLessThan(500);
    await gone;
  });

  it(
    'I9: hangs up on whoever says nothing, and on more than 64 connections',
    async () => {
      const { port } = await start();
      const silent = Array.from({ length: 65 }, () => connect(port, '127.0.0.1'));
      let hungUp = 0;
      const all = silent.map(async (socket) => {
        await ended(socket);
        hungUp += 1;
      });
      await Promise.race(all);
      expect(hungUp).toBe(1);
      await Promise.all(all);
    },
    DROP_TIMEOUT_MS,
  );
});

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on('error', () => {})
      .on('close', () => resolve())
      .resume();
  });
}
