import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatPosition } from '@dms/protocol';
import { hashApiKey } from '@dms/runtime';
import {
  describeWith,
  eventually,
  infrastructure,
  type SpawnedProcess,
  spawnProcess,
  temporaryDirectory,
} from '@dms/test-kit';
import { afterEach, expect, it } from '@jest/globals';
import { freshIds, useStage } from '../stream/gateway-fixture.ts';

const SCRIPT = fileURLToPath(new URL('./follow.py', import.meta.url));
const HELLO = 10;
const { pythonWebsockets } = infrastructure;
const running: SpawnedProcess[] = [];

/** What the other client reports, one fact a line. */
interface Report {
  readonly open?: boolean;
  readonly subprotocol?: string | null;
  readonly extensions?: readonly string[];
  readonly frame?: {
    readonly op: number;
    readonly t?: string;
    readonly p?: string;
    readonly d?: Record<string, unknown>;
  };
  readonly pong?: boolean;
  readonly closed?: number;
  readonly reason?: string;
  readonly refused?: number;
}

async function startClient(url: string, protocols: string, ...steps: readonly string[]): Promise<SpawnedProcess> {
  if (!pythonWebsockets.available) throw new Error(pythonWebsockets.reason);
  const client = await spawnProcess(pythonWebsockets.program, [SCRIPT, url, protocols, ...steps]);
  running.push(client);
  return client;
}

/** Python as it stands in the README, but for the address. */
async function startExample(url: string, directory: string): Promise<SpawnedProcess> {
  if (!pythonWebsockets.available) throw new Error(pythonWebsockets.reason);
  const readme = await readFile(new URL('../../../../README.md', import.meta.url), 'utf8');
  const example = /```python\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(example).toContain('ws://localhost:3000/ws');
  const script = join(directory, 'follow.py');
  await writeFile(script, example.replace('ws://localhost:3000/ws', url));
  const client = await spawnProcess(pythonWebsockets.program, [script], { cwd: directory });
  running.push(client);
  return client;
}

async function reportsOf(client: SpawnedProcess): Promise<readonly Report[]> {
  const exit = await client.exited;
  expect({ exit, stderr: client.stderr }).toEqual({ exit: { code: 0, signal: null }, stderr: '' });
  return client.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Report => JSON.parse(line));
}

const framesIn = (reports: readonly Report[]) => reports.flatMap(({ frame }) => frame ?? []);
const dispatchedIds = (reports: readonly Report[]): readonly number[] =>
  framesIn(reports).flatMap(({ op, d }) => (op === 0 ? [Number(d?.id)] : []));

describeWith(pythonWebsockets, 'another WebSocket client, python3-websockets,', () => {
  const start = useStage();
  afterEach(async () => {
    await Promise.all(running.splice(0).map((client) => client.stop(0)));
  });

  it('agrees on dms.v1, is greeted, gets pongs and heartbeat answers, and says goodbye', async () => {
    const { url } = await start();
    const client = await startClient(url, 'dms.v1', 'frames:1', 'ping', 'send:{"op":1}', 'frames:1', 'close');
    const reports = await reportsOf(client);
    // It offers compression; declining is the server's right.
    expect(reports[0]).toEqual({ open: true, subprotocol: 'dms.v1', extensions: [] });
    expect(framesIn(reports).map(({ op }) => op)).toEqual([HELLO, 11]);
    expect(reports).toContainEqual({ pong: true });
    expect(reports.at(-1)).toMatchObject({ closed: 1000 });
  });

  it('I5: resumes with its position and receives exactly what it missed, then what comes', async () => {
    const stage = await start();
    const [first, second, third] = freshIds(3).map((id) => ({ id, change: stage.message(id, { text: 'Grüße 👋' }) }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
    const before = framesIn(await reportsOf(await startClient(stage.url, 'dms.v1', 'frames:1', 'close')));
    await stage.append([first.change, second.change], { isPublished: false });
    const client = await startClient(`${stage.url}?since=${String(before[0]?.d?.position)}`, '', 'frames:4', 'close');
    await client.waitForLine(new RegExp(`"id": "${second.id}"`));
    await stage.append([third.change]);
    const reports = await reportsOf(client);
    expect(framesIn(reports)[0]).toMatchObject({ op: HELLO, d: { resumed: true, position: before[0]?.d?.position } });
    expect(dispatchedIds(reports)).toEqual([first.id, second.id, third.id]);
    expect(framesIn(reports)[1]?.d?.content).toBe('Grüße 👋');
  });

  it('I5: replaces its filter with SUBSCRIBE, and is told from where on it applies', async () => {
    const stage = await start();
    const [hidden = 0, shown = 0] = freshIds(2);
    const client = await startClient(
      stage.url,
      'dms.v1',
      'frames:1',
      'send:{"op":101,"d":{"channel_id":["77"]}}',
      'frames:2',
      'close',
    );
    await client.waitForLine(/"op": 102/);
    await stage.append([stage.message(hidden, { channelId: '78' }), stage.message(shown, { channelId: '77' })]);
    const reports = await reportsOf(client);
    expect(framesIn(reports)[1]).toMatchObject({ op: 102, d: { filter: { channel_id: ['77'] } } });
    expect(dispatchedIds(reports)).toEqual([shown]);
  });

  it('hears why before each close: unknown op, malformed, wrong filter, another protocol', async () => {
    const { url } = await start();
    const goodbye = async (protocols: string, ...steps: readonly string[]) => {
      const reports = await reportsOf(await startClient(url, protocols, ...steps));
      const { op, d } = framesIn(reports).at(-1) ?? {};
      return { op, name: d?.code, closed: reports.at(-1)?.closed };
    };
    expect(await goodbye('dms.v1', 'send:{"op":9}', 'end')).toEqual({ op: 103, name: 'unknown_op', closed: 4001 });
    expect(await goodbye('dms.v1', 'send:{', 'end')).toEqual({ op: 103, name: 'malformed', closed: 4002 });
    expect(await goodbye('', 'send:{"op":101,"d":{"x":[]}}', 'end')).toEqual({
      op: 103,
      name: 'bad_filter',
      closed: 4523,
    });
    expect(await goodbye('other.v9', 'end')).toEqual({ op: 103, name: 'unsupported_protocol', closed: 4512 });
    expect(await goodbye('dms.v1', `send:${'x'.repeat(5_000)}`, 'end')).toMatchObject({ closed: 1009 });
  });

  it('presents its key as a subprotocol, as browsers do', async () => {
    const apiKeys = [{ name: 'reader', sha256: hashApiKey('right-key'), scopes: ['read'] as const, channelIds: null }];
    const { url } = await start({ requireApiKey: true, apiKeys });
    const reports = await reportsOf(await startClient(url, 'dms.v1,bearer.right-key', 'frames:1', 'close'));
    // Never the key: it would stand in the answer's headers.
    expect(reports[0]).toMatchObject({ open: true, subprotocol: 'dms.v1' });
    expect(await reportsOf(await startClient(url, 'dms.v1,bearer.wrong-key', 'end'))).toEqual([{ refused: 401 }]);
    expect(await reportsOf(await startClient(`${url}?since=x`, 'dms.v1,bearer.right-key', 'end'))).toEqual([
      { refused: 400 },
    ]);
  });

  it('I5: the example of the README prints each event once, also when it is ended and started again', async () => {
    const stage = await start();
    const [first = 0, second = 0, third = 0] = freshIds(3);
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'position'), formatPosition(stage.gateway.feed.last));
    const example = await startExample(stage.url, directory);
    await stage.append([stage.message(first, { text: 'one' })]);
    await example.waitForLine(/^MESSAGE_CREATE one$/);
    // Printed before it is kept.
    await eventually(async () =>
      expect(await readFile(join(directory, 'position'), 'utf8')).toBe(formatPosition(stage.gateway.feed.last)),
    );
    await example.stop();
    await stage.append([stage.message(second, { text: 'two' }), stage.message(third, { text: 'three' })]);
    const again = await startExample(stage.url, directory);
    await again.waitForLine(/three/);
    expect(again.stdout.trim().split('\n')).toEqual(['MESSAGE_CREATE two', 'MESSAGE_CREATE three']);
  });

  it('is asked to move when the replica drains, and closed with 1012 when it does not', async () => {
    const stage = await start();
    const client = await startClient(stage.url, 'dms.v1', 'end');
    await client.waitForLine(/"op": 10/);
    await stage.gateway.stop();
    const reports = await reportsOf(client);
    expect(framesIn(reports).map(({ op }) => op)).toEqual([HELLO, 7, 103]);
    expect(reports.at(-1)).toEqual({ closed: 1012, reason: 'drain' });
  });
});
