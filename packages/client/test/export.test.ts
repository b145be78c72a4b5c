import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { checkLeaks, temporaryDirectory } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseCommand } from '../src/cli/command-line.ts';
import { runExport } from '../src/cli/export/export.ts';
import { createProgress } from '../src/cli/export/export-progress.ts';
import { recordOutput } from './support/recorded-output.ts';

checkLeaks();

const TOTAL = 1_000;
const line = (id: number): string => `{"content":"message ${id}, \\"quoted\\" \u00e9","id":"${id}"}\n`;
const ALL = Array.from({ length: TOTAL }, (_, index) => line(index + 1));

describe('export', () => {
  let server: Server;
  let url: string;
  let directory: string;
  let queries: URLSearchParams[];
  /** After how many bytes each answer is cut; beyond the list none is. */
  let cuts: number[];
  let status: number;
  beforeEach(async () => {
    directory = await temporaryDirectory();
    queries = [];
    cuts = [];
    status = 200;
    server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://test');
      queries.push(searchParams);
      response.setHeader('Connection', 'close');
      if (status !== 200) return response.writeHead(status).end('{"detail":"No, because."}');
      const body = Buffer.from(ALL.slice(Number(searchParams.get('after') ?? 0)).join(''));
      const cut = cuts.shift();
      // In two pieces, parted in the middle of a line.
      if (cut === undefined) {
        return response.write(body.subarray(0, 4_321), () => setTimeout(() => response.end(body.subarray(4_321)), 20));
      }
      // Cut where it may: in the middle of a line, of a letter.
      return response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const run = async (...args: readonly string[]) => {
    const command = parseCommand(['export', ...args, '--url', url]);
    if (command.kind !== 'export') throw new Error('this is no export');
    const output = recordOutput();
    return { code: await runExport(command, 'secret', output), output };
  };

  it('writes everything to standard output, or to a file that is there only when it is whole', async () => {
    expect((await run()).output.written).toBe(ALL.join(''));
    const file = join(directory, 'all.ndjson');
    const { code, output } = await run(file, '--channel', '7,8', '--since', '2026-01-01');
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(ALL.join(''));
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(output.notes.at(-1)).toMatch(/^1,000 messages · \d+ kB · [\d,]+\/s · 2015-01-01 → .*all\.ndjson$/);
    expect(queries[1]?.toString()).toBe('channel_id=7%2C8&after=2026-01-01T00%3A00%3A00.000Z&format=ndjson');
    await expect(run(file)).rejects.toThrow('is there already: --overwrite');
    expect((await run(file, '--overwrite')).code).toBe(0);
  });

  it('goes on after the last whole message when the connection breaks, without a hole or a repeat', async () => {
    cuts = [10_007, 12_345, 3];
    const file = join(directory, 'all.ndjson');
    const { code, output } = await run(file);
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(ALL.join(''));
    expect(queries.map((query) => Number(query.get('after')))).toEqual([
      0,
      expect.any(Number),
      expect.any(Number),
      expect.any(Number),
    ]);
    expect(output.notes.filter((note) => note.startsWith('interrupted'))).toHaveLength(3);
  }, 60_000);

  it('goes on with what a run before has written, whatever became of its last line', async () => {
    const file = join(directory, 'all.ndjson');
    await writeFile(`${file}.part`, ALL.slice(0, 400).join(''));
    await appendFile(`${file}.part`, line(401).slice(0, 20));
    const { code, output } = await run(file);
    expect(code).toBe(0);
    expect(output.notes[0]).toMatch(/going on after the 400 messages/);
    expect(queries[0]?.get('after')).toBe('400');
    expect(await readFile(file, 'utf8')).toBe(ALL.join(''));
  });

  it('exits 1 with the server’s words when it is refused, and leaves nothing that looks whole', async () => {
    status = 403;
    const file = join(directory, 'all.csv');
    const { code, output } = await run(file);
    expect([code, output.notes.at(-1)]).toEqual([1, 'refused: No, because.']);
    expect(queries[0]?.get('format')).toBe('csv');
    expect(existsSync(file)).toBe(false);
  });

  it('tells how far it has come by the time of the messages', () => {
    const progress = createProgress(0, Date.parse('2026-01-11T00:00:00Z'));
    // Ids of 2026-01-01 and 2026-01-06.
    progress.add(1, 1_000_000, String((BigInt(Date.parse('2026-01-01T00:00:00Z')) - 1_420_070_400_000n) << 22n));
    progress.add(4_999, 3_200_000, String((BigInt(Date.parse('2026-01-06T00:00:00Z')) - 1_420_070_400_000n) << 22n));
    expect(progress.describe(2_000)).toBe('5,000 messages · 4.2 MB · 2,500/s · 2026-01-06 · 50 %');
  });
});
