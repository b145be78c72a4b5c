import { once } from 'node:events';
import { connect } from 'node:net';
import { hashApiKey } from '@dms/runtime';
import { openTestConnection, UpgradeRefusedError } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { freshIds, idsOf, useStage } from './gateway-fixture.ts';

const start = useStage();

/** The refusal of a connection that must not open. */
async function refusalOf(connecting: Promise<unknown>): Promise<UpgradeRefusedError> {
  const outcome = await connecting.catch((error: unknown) => error);
  if (outcome instanceof UpgradeRefusedError) return outcome;
  throw new Error('the upgrade was not refused', { cause: outcome });
}

describe('the door', () => {
  it.each([
    ['since=yesterday', 'since'],
    ['since=1:x', 'since'],
    ['channel_id=abc', 'channel_id'],
    ['colour=red', 'colour'],
    ['types=NOPE', 'types'],
  ])('refuses ?%s with 400 before the upgrade, naming the parameter', async (query, parameter) => {
    const { url } = await start();
    const refusal = await refusalOf(openTestConnection(`${url}?${query}`));
    expect(refusal.status).toBe(400);
    expect(JSON.parse(refusal.body)).toMatchObject({ status: 400, errors: [{ parameter }] });
  });

  it('refuses other paths, foreign origins and keys in the URL', async () => {
    const { url } = await start();
    expect((await refusalOf(openTestConnection(url.replace('/ws', '/socket')))).status).toBe(404);
    const foreign = { headers: { Origin: 'https://evil.example' } };
    expect((await refusalOf(openTestConnection(url, foreign))).status).toBe(403);
    expect((await refusalOf(openTestConnection(`${url}?token=abc`))).status).toBe(400);
  });

  it('opens for a right key in a header or a subprotocol, and narrows what a channel-bound key sees', async () => {
    const key = { name: 'feed', sha256: hashApiKey('k'.repeat(32)), scopes: ['read'] as const, channelIds: ['20'] };
    const { url, append, message } = await start({ apiKeys: [key], requireApiKey: true });
    expect((await refusalOf(openTestConnection(url))).status).toBe(401);
    expect((await refusalOf(openTestConnection(url, { headers: { 'X-API-Key': 'wrong' } }))).status).toBe(401);
    const byHeader = await openTestConnection(url, { headers: { Authorization: `Bearer ${'k'.repeat(32)}` } });
    const byProtocol = await openTestConnection(url, { protocols: ['dms.v1', `bearer.${'k'.repeat(32)}`] });
    const [one = 0, two = 0, three = 0] = freshIds(3);
    await append([message(one), message(two, { channelId: '20' })]);
    for (const client of [byHeader, byProtocol]) {
      expect(idsOf(await client.waitForEvents(1))).toEqual([two]);
      client.send({ op: 101, d: { channel_id: ['2'] } });
      await client.waitFor(({ op }) => op === 102);
    }
    await append([message(three)]);
    byHeader.send({ op: 1 });
    await byHeader.waitFor(({ op }) => op === 11);
    expect(byHeader.events).toHaveLength(1);
    await Promise.all([byHeader.close(), byProtocol.close()]);
  });

  it('I9: caps connections per address and in total, and gives places back', async () => {
    const { url } = await start({ maxConnectionsPerAddress: 2, maxConnections: 3 });
    const first = await openTestConnection(url);
    const second = await openTestConnection(url);
    const third = await refusalOf(openTestConnection(url));
    expect([third.status, third.headers['retry-after']]).toEqual([429, '60']);
    const elsewhere = await openTestConnection(url, { localAddress: '127.0.0.2' });
    expect((await refusalOf(openTestConnection(url, { localAddress: '127.0.0.3' }))).status).toBe(503);
    await first.close();
    const again = await openTestConnection(url);
    await Promise.all([second.close(), elsewhere.close(), again.close()]);
  });

  it('speaks dms.v1 or nothing: another protocol is closed with 4512', async () => {
    const { url } = await start();
    await expect(openTestConnection(url, { protocols: ['other.v9'] })).rejects.toThrow(/unsupported_protocol/);
    const plain = await openTestConnection(url, { protocols: [] });
    await plain.close();
  });
});

describe('handshakes', () => {
  /** The whole answer to raw bytes. */
  async function answerTo(url: string, target: string, lines: readonly string[]): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.write(`${target}\r\n${lines.join('\r\n')}\r\n\r\n`);
    await once(socket, 'close');
    return Buffer.concat(received).toString();
  }
  const SOUND = ['Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  const VERSION = 'Sec-WebSocket-Version: 13';

  it.each([
    ['another version', 'GET /ws HTTP/1.1', [...SOUND, 'Sec-WebSocket-Version: 8'], 426],
    ['HTTP/1.0', 'GET /ws HTTP/1.0', [...SOUND, VERSION], 400],
    ['no host', 'GET /ws HTTP/1.1', [...SOUND.slice(1), VERSION], 400],
    ['no key', 'GET /ws HTTP/1.1', [...SOUND.slice(0, 3), VERSION], 400],
    ['unreadable subprotocols', 'GET /ws HTTP/1.1', [...SOUND, VERSION, 'Sec-WebSocket-Protocol: a b'], 400],
    ['a host in the path', 'GET //evil/ws HTTP/1.1', [...SOUND, VERSION], 404],
  ])('with %s are refused with a problem', async (_name, target, lines, status) => {
    const { url } = await start();
    const [head = '', body = ''] = (await answerTo(url, target, lines)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    if (status === 426) expect(head).toContain('Sec-WebSocket-Version: 13');
    expect(JSON.parse(body)).toMatchObject({ status, detail: expect.stringMatching(/\w/) });
  });

  it('with hundreds of faults are not answered with hundreds of reasons', async () => {
    const { url } = await start();
    const { body } = await refusalOf(openTestConnection(`${url}?${'a=&'.repeat(500)}${'b'.repeat(5_000)}=1`));
    expect(body.length).toBeLessThan(1_500);
  });
});

describe('frames from a client', () => {
  it.each([
    ['hello', 4002, 'malformed'],
    ['{"op":"1"}', 4002, 'malformed'],
    [{ op: 2 }, 4001, 'unknown_op'],
    [{ op: 101, d: { channel_id: ['abc'] } }, 4523, 'bad_filter'],
    [{ op: 101, d: { nonsense: 1 } }, 4523, 'bad_filter'],
    ['{"op":101,"d":{"channel_id":{"length":{"toString":1,"valueOf":1}}}}', 4523, 'bad_filter'],
  ])('%j ends with %i after an error that says why', async (frame, code, name) => {
    const { url } = await start();
    const client = await openTestConnection(url);
    client.send(frame);
    expect((await client.waitFor(({ op }) => op === 103)).json).toMatchObject({ d: { code: name } });
    expect((await client.closed).code).toBe(code);
  });

  it('larger than 4 KiB end with 1009', async () => {
    const { url } = await start();
    const client = await openTestConnection(url);
    client.send('x'.repeat(5_000));
    expect((await client.closed).code).toBe(1009);
  });

  it('I9: more than 120 in a minute end with 4008', async () => {
    const { url } = await start();
    const client = await openTestConnection(url);
    for (let sent = 0; sent < 121; sent += 1) client.send({ op: 1 });
    expect((await client.closed).code).toBe(4008);
  });

  it('I9: pings and pongs count like any other frame', async () => {
    const { url } = await start();
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    for (let sent = 0; sent < 60; sent += 1) {
      socket.ping();
      await once(socket, 'pong');
      socket.pong();
    }
    socket.pong();
    expect(await once(socket, 'close')).toEqual([4008, Buffer.from('rate_limited')]);
  });

  // One message may have been 16,384 pieces: megabytes of bookkeeping for a few bytes.
  it('I9: in more than 64 fragments end with 1008', async () => {
    const { url } = await start();
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, 'open');
    for (let sent = 0; sent < 65; sent += 1) socket.send(' ', { fin: false });
    expect((await once(socket, 'close'))[0]).toBe(1008);
  });

  it('with hundreds of faults are not answered with hundreds of reasons', async () => {
    const { url } = await start();
    const client = await openTestConnection(url);
    client.send({ op: 101, d: Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`p${index}`, 1])) });
    expect((await client.waitFor(({ op }) => op === 103)).text.length).toBeLessThan(1_500);
    expect((await client.closed).code).toBe(4523);
  });
});

describe('draining', () => {
  it('asks every client to move, then closes what is left with 1012', async () => {
    const { url, gateway } = await start();
    const client = await openTestConnection(url);
    const stopping = gateway.stop();
    expect((await client.waitFor(({ op }) => op === 7)).json).toMatchObject({ d: { reason: 'drain' } });
    expect((await refusalOf(openTestConnection(url))).status).toBe(503);
    expect((await client.closed).code).toBe(1012);
    expect(await stopping).toBe(1);
  });
});
