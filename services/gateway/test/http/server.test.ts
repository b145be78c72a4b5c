import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { promisify } from 'node:util';
import { eventually } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { endWithProblem, problemOf } from '../../src/http/raw-problem.ts';
import { createMessageClasses, createNodeServer, routeUpgrades } from '../../src/http/server.ts';
import { createTestApp } from './fixture.ts';

let server: Server;

beforeAll(async () => {
  server = createNodeServer(createTestApp()).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function portOf(listening: Server): number {
  const address: AddressInfo | string | null = listening.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return address.port;
}

/** Sends raw bytes and resolves with everything that came back once the server hung up. */
async function exchange(bytes: string, asked = server): Promise<string> {
  const socket = connect(portOf(asked), '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  // A peer that hangs up on unread bytes resets the connection.
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(received).toString();
}

const statusLines = (answer: string): readonly string[] => answer.match(/^HTTP\/1\.1 \d+ .*$/gm) ?? [];

describe('the server', () => {
  // Answered at the first piece and hung up on, the second one met a connection that was gone, and the reset took the answer along.
  it('answers a request with an unwanted body behind all of the body, however it comes', async () => {
    const socket = connect({ port: portOf(server), host: '127.0.0.1' });
    const failures: Error[] = [];
    socket.on('error', (error) => failures.push(error)).pause();
    const asked = once(server, 'request');
    socket.write('GET /messages HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await asked;
    for (let piece = 0; piece < 5; piece += 1) {
      // Time enough to answer and hang up.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      socket.write('5\r\nthere\r\n');
    }
    socket.write('0\r\n\r\n');
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk)).resume();
    await once(socket, 'close');
    expect(statusLines(Buffer.concat(received).toString())).toEqual(['HTTP/1.1 413 Payload Too Large']);
    expect(failures).toEqual([]);
  });

  it('cuts slow and endless clients off', () => {
    expect(server.headersTimeout).toBe(10_000);
    expect(server.requestTimeout).toBe(15_000);
    expect(server.timeout).toBe(60_000);
    expect(server.keepAliveTimeout).toBe(65_000);
    expect(server.maxRequestsPerSocket).toBe(1_000);
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    [
      'both lengths of a body',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['two different lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['a NUL in the path', 'GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ])('answers %s once and hangs up', async (_name, bytes, status) => {
    const answered = statusLines(await exchange(bytes));
    expect(answered).toHaveLength(1);
    expect(answered[0]).toContain(` ${status} `);
  });

  it('never takes the body of a refused request for the next request', async () => {
    const smuggled = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await exchange(
      `GET /messages HTTP/1.1\r\nHost: x\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    );
    expect(statusLines(answer)).toEqual(['HTTP/1.1 413 Payload Too Large']);
  });

  it('does not ask for a body that it is going to refuse', async () => {
    const answer = await exchange(
      'POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(statusLines(answer)).toEqual(['HTTP/1.1 405 Method Not Allowed']);
  });

  it('understands the absolute form, a proxy’s way to ask', async () => {
    const answer = await exchange('GET http://x/v1/health/live?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(statusLines(answer)).toEqual(['HTTP/1.1 200 OK']);
  });

  it('answers HTTP/1.0, also without a host', async () => {
    const answer = await exchange('GET /health/live HTTP/1.0\r\nOrigin: http://x\r\n\r\n');
    expect(statusLines(answer)).toEqual(['HTTP/1.1 403 Forbidden']);
    expect(statusLines(await exchange('GET /health/live HTTP/1.0\r\n\r\n'))).toEqual(['HTTP/1.1 200 OK']);
  });

  it('lets no header value out of its line', async () => {
    const answer = await exchange(
      'GET /messages?x%0d%0aSet-Cookie:a=b=1 HTTP/1.1\r\nHost: x\r\nX-Request-Id: a%0d%0aSet-Cookie: b\r\nConnection: close\r\n\r\n',
    );
    expect(answer.split('\r\n\r\n')[0]).not.toContain('Set-Cookie');
  });
});

describe('refusals on the bare socket', () => {
  const problemIn = (answer: string): unknown => JSON.parse(answer.split('\r\n\r\n')[1] ?? '');

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'bad-request'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400, 'bad-request'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ])('%s is answered with a problem, too', async (_name, bytes, status, slug) => {
    const answer = await exchange(bytes);
    expect(answer).toContain('\r\nContent-Type: application/problem+json\r\n');
    expect(problemIn(answer)).toMatchObject({
      status,
      type: `/problems/${slug}`,
      instance: expect.stringMatching(/\w/),
    });
  });

  it('never stand where the answer to the request before belongs', async () => {
    // The health report is asynchronous, so it was still being made when the bad bytes came.
    expect(statusLines(await exchange('GET /health HTTP/1.1\r\nHost: x\r\n\r\n\0\0\0\0'))).toEqual([]);
  });

  it('are read by a peer that is still sending, and end the connection although it never hangs up', async () => {
    const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk)).on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const sending = setInterval(() => socket.write('more\r\n\r\n'), 20);
    socket.write('hello\r\n\r\n');
    await closed;
    clearInterval(sending);
    expect(statusLines(Buffer.concat(received).toString())).toEqual(['HTTP/1.1 400 Bad Request']);
  });

  it('an expectation nobody knows is ignored, not refused without a word', async () => {
    const answer = await exchange(
      'GET /health/live HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
    );
    expect(statusLines(answer)).toEqual(['HTTP/1.1 200 OK']);
  });
});

describe('upgrades', () => {
  let upgrading: Server;
  const upgraded: string[] = [];

  beforeAll(async () => {
    const app = createTestApp();
    upgrading = createNodeServer(app).listen(0, '127.0.0.1');
    routeUpgrades(upgrading, app, (request, socket) => {
      upgraded.push(request.url ?? '');
      endWithProblem(socket, problemOf(404, 'not-found', 'Not here'));
    });
    await once(upgrading, 'listening');
  });

  afterAll(async () => {
    await new Promise((resolve) => upgrading.close(resolve));
  });

  // curl --http2 and Java's HttpClient offer it with every request, and were told that there is nothing here.
  it('to anything but WebSocket are ignored: the request is answered as it stands', async () => {
    const answer = await exchange(
      'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
      upgrading,
    );
    expect(statusLines(answer)).toEqual(['HTTP/1.1 200 OK']);
    expect(answer).toContain('{"status":"live"}');
    expect(upgraded).toEqual([]);
  });

  // The socket of a refused upgrade stayed open for ever when its peer sent another byte or never hung up.
  it('that are refused leave no socket behind, whatever the peer does', async () => {
    const socket = connect({ port: portOf(upgrading), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {}).resume();
    socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await once(socket, 'end');
    socket.write('more');
    const count = promisify(upgrading.getConnections.bind(upgrading));
    await eventually(async () => expect(await count()).toBe(0));
    socket.destroy();
  });
});

// An answer of megabytes that nobody reads would be kept in memory for as long as its reader liked.
describe('a reader that takes no byte', () => {
  it('is cut off after the time that the server allows', async () => {
    const slow = createNodeServer(createTestApp());
    slow.timeout = 300;
    slow.removeAllListeners('request').on('request', (_request, response) => void response.end(Buffer.alloc(32 << 20)));
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const socket = connect(portOf(slow), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const count = promisify(slow.getConnections.bind(slow));
    await once(socket, 'connect');
    await eventually(async () => expect(await count()).toBe(1));
    await eventually(async () => expect(await count()).toBe(0));
    socket.destroy();
    await new Promise((resolve) => slow.close(resolve));
  });
});

describe('message classes', () => {
  it('already look as Express wants them, so that it changes no prototype', () => {
    const app = express();
    const classes = createMessageClasses(app);
    expect(classes?.IncomingMessage.prototype).toBe(app.request);
    expect(classes?.ServerResponse.prototype).toBe(app.response);
  });

  it('give way when an app is not built as expected', () => {
    expect(createMessageClasses(Object.assign(express(), { request: {} }))).toBeNull();
  });
});
