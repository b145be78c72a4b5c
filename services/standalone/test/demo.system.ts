import { eventually, freePort, type SpawnedProcess } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fetchPage } from './support/history.ts';
import { endPrograms, runProgram } from './support/programs.ts';
import { report, seconds } from './support/report.ts';

const FIRST_MESSAGES_MS = 20_000;

describe('the demo, as a newcomer starts it', () => {
  let port: number;
  let program: SpawnedProcess;
  let startedAt: number;

  beforeAll(async () => {
    port = await freePort();
    startedAt = performance.now();
    // No setting at all but a port that nobody else has.
    program = await runProgram('standalone', { PORT: String(port) });
  });

  afterAll(endPrograms);

  it('shows where to look first, then what it does, then the conversation', async () => {
    await program.waitForLine(/#\w+ .+ · \d+$/, 60_000);
    const lines = program.stdout.split('\n').filter((line) => line.trim() !== '');
    expect(lines[0]).toMatch(/Discord Message Streamer · demo/);
    const order = [
      `http://localhost:${port}/`,
      `curl http://localhost:${port}/messages`,
      `ws://localhost:${port}/ws`,
      'embedded database is',
      'ready port=',
    ].map((text) => lines.findIndex((line) => line.includes(text)));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    expect(program.stderr).toBe('');
  }, 90_000);

  it('shows messages at /messages within 20 s of the start', async () => {
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetchPage(url)).messages.length).toBeGreaterThan(0), {
      timeoutMs: 60_000,
    });
    const ms = performance.now() - startedAt;
    report(`first messages over REST ${seconds(ms)} after the start`);
    expect(ms).toBeLessThan(FIRST_MESSAGES_MS);
  }, 90_000);

  it('goes on by itself, with the page, health and stream at the addresses it printed', async () => {
    const url = `http://127.0.0.1:${port}`;
    const first = (await fetchPage(url)).position;
    await eventually(async () => expect((await fetchPage(url)).position).not.toBe(first), { timeoutMs: 20_000 });
    const page = await fetch(`${url}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const health: unknown = await (await fetch(`${url}/health`)).json();
    expect(health).toMatchObject({ status: 'ok' });
  }, 60_000);
});
