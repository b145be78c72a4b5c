import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { snowflakeAtMs } from '@dms/protocol';
import { hashApiKey } from '@dms/runtime';
import { eventually } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createTestApp, EMPTY_LOG, type LogLine, UNREACHABLE_LOG } from '../fixture.ts';
import { expectProblem, wrongParameters } from '../problem-matchers.ts';
import { deleteChange, messageChange, openRealLog, type RealLog } from '../real-log.ts';

const START_MS = Date.parse('2026-11-01T00:00:00.000Z');
/** More than two reads of the store; every fifth in channel 20. */
const IDS = Array.from({ length: 620 }, (_, minute) => snowflakeAtMs(START_MS + minute * 60_000));
const GONE = IDS[7] ?? '';
const KEPT = IDS.filter((id) => id !== GONE);
const channelOf = (id: string): string => (IDS.indexOf(id) % 5 === 0 ? '20' : '10');

let real: RealLog;
let app: Express;

beforeAll(async () => {
  real = await openRealLog();
  for (let at = 0; at < IDS.length; at += 200) {
    const page = IDS.slice(at, at + 200);
    await real.writer.append(
      page.map((id) => messageChange(real.log, { id, channelId: channelOf(id), content: `ü ${id}` })),
    );
  }
  await real.writer.append([deleteChange(real.log, GONE, channelOf(GONE))]);
  const key = { name: 'twenty', sha256: hashApiKey('key-20'), scopes: ['read'] as const, channelIds: ['20'] };
  app = createTestApp({ log: real.log, access: { apiKeys: [key] } });
});
afterAll(() => real.stop());

const idsOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).id);
const exported = async (query: string): Promise<readonly string[]> =>
  idsOf((await request(app).get(`/export?${query}`).buffer(true)).text);

describe('/export', () => {
  it('writes the whole history in id order, one stored message a line', async () => {
    const response = await request(app).get('/export').buffer(true);
    expect(response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers['content-disposition']).toBe('attachment; filename="messages.ndjson"');
    expect(idsOf(response.text)).toEqual(KEPT);
    const single = await request(app).get(`/messages/${KEPT[0]}`);
    expect(response.text.split('\n')[0]).toBe(single.text);
  });

  it('is the same in JSON, and has a line for each in CSV', async () => {
    const json = await request(app).get('/export?format=json');
    expect(json.body.map(({ id }: { readonly id: string }) => id)).toEqual(KEPT);
    const csv = await request(app).get('/export?format=csv').buffer(true);
    expect(csv.text.split('\r\n').slice(1, -1)).toHaveLength(KEPT.length);
    expect((await request(app).get('/export?format=json&before=0')).body).toEqual([]);
  });

  it('takes filters, ends at ids or times, and tombstones when asked', async () => {
    expect(await exported('channel_id=20')).toEqual(KEPT.filter((id) => channelOf(id) === '20'));
    const [from = '', to = ''] = [IDS[100], IDS[400]];
    expect(await exported(`after=${from}&before=${to}`)).toEqual(IDS.slice(101, 400));
    expect(await exported('after=2026-11-01T01:40:00Z&before=2026-11-01T06:40:00Z')).toEqual(IDS.slice(100, 400));
    expect(await exported('include_deleted=true')).toEqual(IDS);
    const narrowed = await request(app).get('/export').set('X-API-Key', 'key-20').buffer(true);
    expect(idsOf(narrowed.text)).toEqual(KEPT.filter((id) => channelOf(id) === '20'));
  });

  it('names every wrong parameter; answers HEAD with headers, POST with 405', async () => {
    const wrong = await request(app).get('/export?format=xml&after=x&channel_id=y&limit=5');
    expect(wrongParameters(wrong)).toEqual(['limit']);
    expect(wrongParameters(await request(app).get('/export?format=xml&after=x&channel_id=y'))).toEqual([
      'channel_id',
      'after',
      'format',
    ]);
    expect((await request(app).head('/export')).headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expectProblem(await request(app).post('/export'), 405);
  });

  it('answers 503 when the database is away before it began', async () => {
    const lines: LogLine[] = [];
    expectProblem(await request(createTestApp({ log: UNREACHABLE_LOG, lines })).get('/export'), 503);
  });

  it('is cut, not ended, when the database goes away in the middle', async () => {
    const lines: LogLine[] = [];
    let reads = 0;
    const failing: typeof EMPTY_LOG = {
      ...EMPTY_LOG,
      messages: (query) => {
        reads += 1;
        return reads === 1 ? real.log.messages(query) : UNREACHABLE_LOG.messages(query);
      },
    };
    await expect(
      request(createTestApp({ log: failing, lines }))
        .get('/export')
        .buffer(true),
    ).rejects.toThrow(/aborted/);
    expect(lines).toMatchObject([{ level: 'warn', event: 'request failed' }]);
  });

  it('I9: reads no further than its readers do, runs four at once, and gives a place back when a reader leaves', async () => {
    let reads = 0;
    const endless: typeof EMPTY_LOG = {
      ...EMPTY_LOG,
      messages: async (query) => {
        reads += 1;
        const { messages, position } = await real.log.messages({ ...query, cursor: { kind: 'after', id: '0' } });
        return { messages: messages.map((row) => ({ ...row, payload: 'x'.repeat(10_000) })), hasMore: true, position };
      },
    };
    const server = createTestApp({ log: endless }).listen(0);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const { port } = address;
    const open = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        get({ port, path: '/export' }, resolve).once('error', reject);
      });
    const readers = await Promise.all([open(), open(), open(), open()]);
    const fifth = await open();
    expect([fifth.statusCode, fifth.headers['retry-after']]).toEqual([503, '10']);
    fifth.resume();
    // Nobody reads: what is on its way fills buffers of the system, and there it ends.
    let before = -1;
    await eventually(
      () => {
        const grown = reads - before;
        before = reads;
        expect(grown).toBe(0);
      },
      { intervalMs: 500 },
    );
    expect(reads).toBeLessThan(60);
    readers[0]?.destroy();
    await eventually(async () => {
      const again = await open();
      again.destroy();
      expect(again.statusCode).toBe(200);
    });
    for (const reader of readers) reader.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
