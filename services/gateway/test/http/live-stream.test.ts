import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { MessageQuery } from '@dms/event-log';
import { hashApiKey } from '@dms/runtime';
import { eventually } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { openLiveStream, retryDelayMs } from '../../public/live-stream.js';
import { createNodeServer } from '../../src/http/server.ts';
import { createTestApp, EMPTY_LOG } from './fixture.ts';

interface Visit {
  readonly url: URL;
  readonly protocols: string | undefined;
  readonly socket: WebSocket;
}

const hello = (resumed: boolean, reason: string | null = null): string =>
  JSON.stringify({ op: 10, d: { resumed, reason } });
const dispatch = (seq: number): string =>
  JSON.stringify({ op: 0, t: 'MESSAGE_CREATE', s: seq, p: `1:${seq}`, d: { id: String(seq) } });

/** A gateway whose REST side is real and whose sockets do what the test says. */
let server: Server;
let origin: string;
let visits: Visit[];
let queries: MessageQuery[];
let onVisit: (visit: Visit) => void;
let seen: string[];
let stream: { close(): void } | null;

async function serve(requireApiKey = false): Promise<void> {
  const log = {
    ...EMPTY_LOG,
    messagesText: async (query: MessageQuery) => {
      queries.push(query);
      const position = { term: 1, seq: queries.length * 100 };
      return { json: `[{"id":"h${queries.length}"}]`, newestId: '1', oldestId: '1', hasMore: false, position };
    },
  };
  const apiKeys = ['page-key', 'page key'].map((key) => ({
    name: key,
    sha256: hashApiKey(key),
    scopes: ['read'] as const,
    channelIds: null,
  }));
  server = createNodeServer(createTestApp({ log, access: { requireApiKey, apiKeys } }));
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'dms.v1' });
  server.on('upgrade', (request: IncomingMessage, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      const url = new URL(request.url ?? '', 'http://gateway');
      const visit = { url, protocols: request.headers['sec-websocket-protocol'], socket: accepted };
      visits.push(visit);
      onVisit(visit);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  origin = `http://127.0.0.1:${address.port}`;
}

function open(key: string | null = null, filter = ''): void {
  stream = openLiveStream({
    origin,
    filter: new URLSearchParams(filter),
    key,
    on: {
      state: (state) => seen.push(state),
      history: (messages) => seen.push(messages.map(({ id }) => id).join(',')),
      event: (_type, { id }) => seen.push(id),
    },
    fetch,
    WebSocket,
    random: () => 0,
  });
}

const positions = (): readonly (string | null)[] => visits.map(({ url }) => url.searchParams.get('since'));

beforeEach(() => {
  [visits, queries, seen, stream] = [[], [], [], null];
  onVisit = ({ socket }) => socket.send(hello(true));
});

afterEach(async () => {
  stream?.close();
  for (const { socket } of visits) socket.terminate();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('the page’s stream', () => {
  it('I5: goes on exactly where the history page ends, and after a loss where it had come to', async () => {
    onVisit = ({ socket }) => {
      socket.send(hello(true));
      if (visits.length > 1) return;
      for (const seq of [101, 102]) socket.send(dispatch(seq));
      socket.send(JSON.stringify({ op: 100, p: '1:107', head: 107 }));
      socket.close(1012);
    };
    await serve();
    open();
    await eventually(() => expect(positions()).toEqual(['1:100', '1:107']));
    await eventually(() => expect(seen).toEqual(['loading', 'h1', 'live', '101', '102', 'waiting', 'live']));
  });

  it('I6: reads the history anew when its position is gone, and follows the new page', async () => {
    onVisit = ({ socket }) => socket.send(visits.length === 1 ? hello(false, 'diverged') : hello(true));
    await serve();
    open();
    await eventually(() => expect(positions()).toEqual(['1:100', '1:200']));
    await eventually(() => expect(seen).toEqual(['loading', 'h1', 'waiting', 'loading', 'h2', 'live']));
  });

  it('moves when asked to, and hears nothing of the old socket afterwards', async () => {
    onVisit = ({ socket }) => {
      socket.send(hello(true));
      if (visits.length > 1) return;
      socket.send(dispatch(101));
      socket.send(JSON.stringify({ op: 7, d: { after_ms: 20, reason: 'drain' } }));
    };
    await serve();
    open();
    await eventually(() => expect(positions()).toEqual(['1:100', '1:101']));
    visits[0]?.socket.send(dispatch(102));
    visits[1]?.socket.send(dispatch(102));
    await eventually(() => expect(seen.slice(-2)).toEqual(['live', '102']));
    expect(seen.filter((line) => line === '102')).toHaveLength(1);
  });

  it.each([
    [4504, 'key-needed'],
    [4512, 'stopped'],
    [4523, 'stopped'],
  ])('gives up on close code %d: %s', async (code, state) => {
    onVisit = ({ socket }) => socket.close(code);
    await serve();
    open();
    await eventually(() => expect(seen.at(-1)).toBe(state));
  });

  it('asks for a key where one is needed, and sends it in headers and subprotocol only', async () => {
    await serve(true);
    open();
    await eventually(() => expect(seen).toEqual(['loading', 'key-needed']));
    open('page-key');
    await eventually(() => expect(seen.at(-1)).toBe('live'));
    expect(visits[0]?.protocols).toBe('dms.v1,bearer.page-key');
    expect(visits[0]?.url.search).toBe('?since=1%3A100');
  });

  it('refuses a key that no browser could send, instead of trying for ever', async () => {
    await serve();
    open('page key');
    await eventually(() => expect(seen.at(-1)).toBe('key-needed'));
  });

  it('narrows the history and the stream alike', async () => {
    await serve();
    open(null, 'channel_id=7,8');
    await eventually(() => expect(seen.at(-1)).toBe('live'));
    expect(queries[0]?.channelIds).toEqual(['7', '8']);
    expect(visits[0]?.url.searchParams.get('channel_id')).toBe('7,8');
  });

  it('waits longer after each failure, never in step with others, at most 30 s', () => {
    const shortest = [0, 1, 2, 6, 50].map((attempt) => retryDelayMs(attempt, () => 0));
    const longest = [0, 1, 2, 6, 50].map((attempt) => retryDelayMs(attempt, () => 1));
    expect(shortest).toEqual([250, 500, 1_000, 15_000, 15_000]);
    expect(longest).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
  });
});
