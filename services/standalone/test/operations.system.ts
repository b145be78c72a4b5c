import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, metricNamesIn, type SpawnedProcess, temporaryDirectory } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startStandalone } from './support/deployment.ts';
import { endPrograms, exitCodeOf, runProgram, START_TIMEOUT_MS, stackLinesOf } from './support/programs.ts';
import { startSimulator } from './support/simulator.ts';

const EXIT_UNAVAILABLE = 69;
/** The discard port, which nobody listens on. */
const NO_DATABASE = 'postgresql://postgres@127.0.0.1:9/postgres';

/** What alerts and dashboard ask for. */
const watched = ['prometheus/alerts.yml', 'grafana/dashboards/discord-message-streamer.json']
  .map((file) => readFileSync(fileURLToPath(new URL(`../../monitoring/${file}`, import.meta.url)), 'utf8'))
  .join('\n');

/** Where the program serves its operators: it chose the port itself. */
async function operationsUrl(program: SpawnedProcess): Promise<string> {
  const line = await program.waitForLine(/metricsPort=\d+/, START_TIMEOUT_MS);
  return `http://127.0.0.1:${/metricsPort=(\d+)/.exec(line)?.[1]}`;
}

async function ask(url: string): Promise<readonly [number, unknown]> {
  const response = await fetch(url);
  return [response.status, await response.json()];
}

afterEach(endPrograms);

describe('the port for operators', () => {
  it('of the standalone tells of both halves, and is not the public one', async () => {
    const simulator = await startSimulator({ rate: 20 });
    const { doors } = await startStandalone(simulator.apiUrl, { METRICS_PORT: '0' });
    const { program, http } = doors[0];
    await program.waitForLine(/discord session started/, START_TIMEOUT_MS);
    const url = await operationsUrl(program);
    expect(await ask(`${url}/health/live`)).toEqual([200, { status: 'live' }]);
    expect(await ask(`${url}/health/ready`)).toMatchObject([
      200,
      { ingester: { role: 'active' }, gateway: { status: 'ok', feed: 'live' } },
    ]);
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const line of [/^dms_ingester_leading 1$/m, /^dms_gateway_connections\{door="ws"\} 0$/m, /^process_cpu_/m]) {
      expect(text).toMatch(line);
    }
    expect((await ask(`${http}/metrics`))[0]).toBe(404);
    const served = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(metricNamesIn(watched).filter((name) => !served.includes(name))).toEqual([]);
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
  }, 90_000);

  it('of a gateway that waits for its database says that it is alive and not ready', async () => {
    const gateway = await runProgram('gateway', {
      ...{ PORT: '0', METRICS_PORT: '0', REDIS_URL: 'memory:', DATABASE_URL: NO_DATABASE },
    });
    const url = await operationsUrl(gateway);
    await gateway.waitForLine(/waiting for database/, START_TIMEOUT_MS);
    expect(await ask(`${url}/health/live`)).toEqual([200, { status: 'live' }]);
    expect(await ask(`${url}/health/ready`)).toEqual([503, { status: 'down', reasons: ['The gateway is starting.'] }]);
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('must be another one than PORT', async () => {
    const port = String(await freePort());
    const program = await runProgram('standalone', {
      ...{ PORT: port, METRICS_PORT: port, DATA_DIR: await temporaryDirectory() },
    });
    expect(await exitCodeOf(program)).toBe(EXIT_UNAVAILABLE);
    expect(program.stderr).toMatch(new RegExp(`^Port ${port} is taken by another program: .* with PORT=\\d+\\.$`));
    expect(stackLinesOf(program)).toEqual([]);
  }, 60_000);
});
