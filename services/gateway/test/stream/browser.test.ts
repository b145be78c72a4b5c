import { type ApiKey, hashApiKey } from '@dms/runtime';
import { openTestConnection, UpgradeRefusedError } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { type Stage, useStage } from './gateway-fixture.ts';

const start = useStage();
const keyOf = (name: string, key: string): ApiKey => ({
  ...{ name, sha256: hashApiKey(key), scopes: ['read'], channelIds: null },
});
const OLD = keyOf('old', 'old-key');
const NEXT = keyOf('next', 'next-key');

/** What the page behind a browser's socket gets to know: its frames and the close code. */
async function openAsBrowser({ url, gateway }: Stage, protocols: readonly string[] = ['dms.v1']) {
  const origin = `http://127.0.0.1:${gateway.port}`;
  const socket = new WebSocket(url, [...protocols], { origin });
  const frames: unknown[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const code = await new Promise<number>((resolve, reject) => {
    socket.on('close', resolve);
    socket.on('error', reject);
    socket.on(
      'message',
      () => frames.length === 1 && socket.readyState === WebSocket.OPEN && isHello(frames[0]) && socket.close(),
    );
  });
  return { code, frames };
}

const isHello = (frame: unknown): boolean =>
  typeof frame === 'object' && frame !== null && 'op' in frame && frame.op === 10;

async function statusOf(connecting: Promise<unknown>): Promise<number> {
  const outcome = await connecting.catch((error: unknown) => error);
  return outcome instanceof UpgradeRefusedError ? outcome.status : 101;
}

describe('a browser, which sees no HTTP answer', () => {
  it('learns that its address or the server is full by 4021 and 4022, and how long to wait; others by HTTP', async () => {
    const stage = await start({ maxConnectionsPerAddress: 1, maxConnections: 2 });
    const first = await openTestConnection(stage.url);
    const ofAddress = await openAsBrowser(stage);
    expect(ofAddress.code).toBe(4021);
    expect(ofAddress.frames).toMatchObject([{ op: 103, d: { code: 'too_many_connections', retry_after_ms: 60_000 } }]);
    expect(await statusOf(openTestConnection(stage.url))).toBe(429);
    const second = await openTestConnection(stage.url, { localAddress: '127.0.0.2' });
    await first.close();
    const third = await openTestConnection(stage.url, { localAddress: '127.0.0.3' });
    expect((await openAsBrowser(stage)).code).toBe(4022);
    expect(await statusOf(openTestConnection(stage.url))).toBe(503);
    await Promise.all([second.close(), third.close()]);
    expect((await openAsBrowser(stage)).code).toBe(1005);
  });

  it('gets an HTTP answer where another replica may have room: only that lets a load balancer try it', async () => {
    const stage = await start({ maxConnectionsPerReplica: 1 });
    const first = await openTestConnection(stage.url);
    await expect(openAsBrowser(stage)).rejects.toThrow(/503/);
    await first.close();
  });

  it('learns of a wrong, missing or insufficient key by 4504; others by 401 and 403', async () => {
    const stats: ApiKey = { ...keyOf('stats', 'stats-key'), scopes: ['stats'] };
    const stage = await start({ apiKeys: [OLD, stats], requireApiKey: true });
    for (const protocols of [['dms.v1'], ['dms.v1', 'bearer.guess'], ['dms.v1', 'bearer.stats-key']]) {
      const { code, frames } = await openAsBrowser(stage, protocols);
      expect([code, frames.length]).toEqual([4504, 1]);
      expect(frames).toMatchObject([{ op: 103, d: { code: 'bad_key' } }]);
      expect(JSON.stringify(frames)).not.toContain('guess');
    }
    expect((await openAsBrowser(stage, ['dms.v1', 'bearer.old-key'])).frames).toMatchObject([{ op: 10 }]);
    expect(await statusOf(openTestConnection(stage.url, { protocols: ['dms.v1', 'bearer.guess'] }))).toBe(401);
    expect(await statusOf(openTestConnection(stage.url, { protocols: ['dms.v1', 'bearer.stats-key'] }))).toBe(403);
  });
});

describe('keys that rotate', () => {
  it('open one after the other without a moment in which neither does; the removed one is refused everywhere', async () => {
    const present = (key: string) => ({ headers: { 'X-API-Key': key } });
    const statuses = async ({ url, gateway }: Stage, key: string) => [
      await statusOf(openTestConnection(url, present(key))),
      ...(await Promise.all(
        ['messages', 'channels', 'guilds', 'coverage', 'export', 'events?format=json'].map(async (path) => {
          const response = await fetch(`http://127.0.0.1:${gateway.port}/${path}`, present(key));
          await response.body?.cancel();
          return response.status;
        }),
      )),
    ];
    const before = await start({ apiKeys: [OLD], requireApiKey: true });
    const during = await start({ apiKeys: [OLD, NEXT], requireApiKey: true });
    const after = await start({ apiKeys: [NEXT], requireApiKey: true });
    const open = [101, 200, 200, 200, 200, 200, 200];
    const refused = open.map(() => 401);
    expect([await statuses(before, 'old-key'), await statuses(before, 'next-key')]).toEqual([open, refused]);
    expect([await statuses(during, 'old-key'), await statuses(during, 'next-key')]).toEqual([open, open]);
    expect([await statuses(after, 'old-key'), await statuses(after, 'next-key')]).toEqual([refused, open]);
    expect((await openAsBrowser(after, ['dms.v1', 'bearer.old-key'])).code).toBe(4504);
  });
});
