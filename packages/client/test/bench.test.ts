import { checkLeaks } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runBench } from '../src/cli/bench/bench.ts';
import { createTally } from '../src/cli/bench/tally.ts';
import { parseCommand } from '../src/cli/command-line.ts';
import { startTestServer, type TestServer } from '../src/testing/index.ts';
import { recordOutput } from './support/recorded-output.ts';

checkLeaks();

const CLOCK = { wallMs: () => 0, ms: () => 0 };
const frame = (seq: number): string => `{"op":0,"t":"MESSAGE_DELETE","s":${seq},"p":"1:${seq}","d":{}}`;

describe('bench', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.close());

  const run = async (...args: readonly string[]) => {
    const command = parseCommand(['bench', '--url', server.url, '--json', '--seconds', '1', ...args]);
    if (command.kind !== 'bench') throw new Error('this is no bench');
    const output = recordOutput();
    const code = await runBench(command, null, output, new AbortController().signal);
    return { code, report: JSON.parse(output.lines[0] ?? 'null'), notes: output.notes };
  };

  it('counts what every client got, and how much later than the first', async () => {
    const timer = setInterval(() => server.message(), 20);
    const { code, report } = await run('--clients', '20');
    clearInterval(timer);
    expect(code).toBe(0);
    expect(report).toMatchObject({ connected: 20, clients: 20, gaps: 0, duplicates: 0, reorders: 0, endedEarly: 0 });
    expect(report.events).toBeGreaterThan(5);
    expect(report.deliveries).toBeGreaterThan(report.events * 10);
    expect(report.latencyMs.p50).toBeLessThan(500);
    expect(report.spreadMs.p99).toBeLessThan(500);
  });

  it('finds what was repeated and who was cut off, and says so by its exit code', async () => {
    server.message();
    server.message();
    const timer = setTimeout(() => {
      server.repeat(2);
      server.drop(1012);
    }, 500);
    const { code, report } = await run('--clients', '3', '--since', 'all');
    clearTimeout(timer);
    expect(code).toBe(1);
    expect(report).toMatchObject({ duplicates: 3, reorders: 3, gaps: 0, endedEarly: 3, events: 2 });
  });

  it('exits 69 with the reason when nobody can connect', async () => {
    server.refuse(429, 'Too many connections from this address.');
    const { code, notes } = await run('--clients', '2');
    expect([code, notes[0]]).toEqual([69, expect.stringContaining('Too many connections from this address.')]);
  });

  it.each([
    ['a whole stream', true, [[1, 2, 4]], 1],
    [
      'a whole stream that begins anywhere',
      true,
      [
        [7, 8, 9],
        [8, 9],
      ],
      0,
    ],
    [
      'a filtered stream',
      false,
      [
        [2, 5, 9],
        [2, 9],
      ],
      1,
    ],
    [
      'a filtered stream in which all see the same',
      false,
      [
        [2, 5, 9],
        [5, 9],
      ],
      0,
    ],
  ])('finds gaps in %s', (_title, isWhole, clients, gaps) => {
    const tally = createTally(isWhole, CLOCK);
    for (const seqs of clients) seqs.map(frame).forEach(tally.follow());
    expect(tally.gaps).toBe(gaps);
  });
});
