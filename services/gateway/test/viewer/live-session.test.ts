import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { MessageQuery } from '@dms/event-log';
import { hashApiKey } from '@dms/runtime';
import { eventually } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createNodeServer } from '../../src/http/server.ts';
import { createApi } from '../../viewer/connection/api.ts';
import { createLiveSession, type LiveSession } from '../../viewer/connection/live-session.ts';
import { EVERYTHING, type ViewFilter } from '../../viewer/model/message.ts';
import { createTestApp, EMPTY_LOG } from '../http/fixture.ts';

interface Visit {
  readonly url: URL;
  readonly protocols: string | undefined;
  readonly socket: WebSocket;
}

const hello = (position: string, reason: string | null = null): string =>
  JSON.stringify({ op: 10, d: { position, resumed: reason === null, reason } });
const messageOf = (id: number): object => ({
  id: String(id),
  channel_id: '2',
  guild_id: '3',
  content: `text ${id}`,
  author: { id: '7' },
  display: { parent_id: null },
});
const created = (seq: number, id = seq): string =>
  JSON.stringify({ op: 0, t: 'MESSAGE_CREATE', s: seq, p: `1:${seq}`, d: messageOf(id) });

/** A gateway whose REST side is real and whose sockets do what the test says. */
let server: Server;
let origin: string;
let visits: Visit[];
let queries: MessageQuery[];
/** What each page of history is as of. */
let pageSeqs: number[];
let onVisit: (visit: Visit) => void;
let states: string[];
let session: LiveSession | null;

async function serve(requireApiKey = false): Promise<void> {
  const log = {
    ...EMPTY_LOG,
    messagesText: async (query: MessageQuery) => {
      queries.push(query);
      const seq = pageSeqs[queries.length - 1] ?? pageSeqs.at(-1) ?? 100;
      const json = JSON.stringify([seq, seq - 1].map(messageOf));
      return { json, newestId: String(seq), oldestId: String(seq - 1), hasMore: false, position: { term: 1, seq } };
    },
  };
  const apiKeys = [{ name: 'page', sha256: hashApiKey('page-key'), scopes: ['read'] as const, channelIds: null }];
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

function open(key: string | null = null, filter: ViewFilter = EVERYTHING): LiveSession {
  const opened = createLiveSession({
    api: createApi(origin, key),
    streamFilter: filter,
    WebSocket,
    listener: { state: ({ kind }) => states.push(kind), event: () => {}, changed: () => {} },
  });
  session = opened;
  void opened.show(filter);
  return opened;
}

const positions = (): readonly (string | null)[] => visits.map(({ url }) => url.searchParams.get('since'));
const ids = (): readonly string[] | undefined => session?.timeline.entries.map(({ id }) => id);

beforeEach(() => {
  [visits, queries, states, session, pageSeqs] = [[], [], [], null, [100]];
  onVisit = ({ socket, url }) => socket.send(hello(url.searchParams.get('since') ?? ''));
});

afterEach(async () => {
  session?.close();
  for (const { socket } of visits) socket.terminate();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a session of the viewer', () => {
  it('I5: goes on exactly where the history page ends, and after a loss where it had come to', async () => {
    onVisit = ({ socket, url }) => {
      socket.send(hello(url.searchParams.get('since') ?? ''));
      if (visits.length > 1) return;
      for (const seq of [101, 102]) socket.send(created(seq));
      socket.send(JSON.stringify({ op: 100, p: '1:107', head: 107 }));
      socket.close(1012);
    };
    await serve();
    open();
    await eventually(() => expect(positions()).toEqual(['1:100', '1:107']));
    await eventually(() => expect(ids()).toEqual(['99', '100', '101', '102']));
    await eventually(() => expect(states.at(-1)).toBe('live'));
  });

  it('I6: reads the history anew when its position is gone, and shows nothing of before', async () => {
    pageSeqs = [100, 700];
    onVisit = ({ socket }) => socket.send(visits.length === 1 ? hello('1:650', 'diverged') : hello('1:700'));
    await serve();
    open();
    await eventually(() => expect(ids()).toEqual(['699', '700']));
    await eventually(() => expect(states.at(-1)).toBe('live'));
  });

  it('I5: asks again for a page that a replica cut before the stream began', async () => {
    pageSeqs = [100, 90, 95, 101];
    await serve();
    const opened = open();
    await eventually(() => expect(states.at(-1)).toBe('live'));
    await opened.show({ ...EVERYTHING, channelId: '2' });
    expect(queries).toHaveLength(4);
    expect(ids()).toEqual(['100', '101']);
  });

  it('shows another channel without a new stream, and nothing of the one before', async () => {
    await serve();
    const opened = open();
    await eventually(() => expect(states.at(-1)).toBe('live'));
    await opened.show({ ...EVERYTHING, channelId: '5' });
    visits[0]?.socket.send(created(101));
    await eventually(() => expect(opened.position).toBe('1:101'));
    expect(ids()).not.toContain('101');
    expect(visits).toHaveLength(1);
  });

  it.each([
    [4504, 'key-needed'],
    [4523, 'stopped'],
  ])('gives up on close code %d: %s', async (code, state) => {
    onVisit = ({ socket }) => socket.close(code);
    await serve();
    open();
    await eventually(() => expect(states.at(-1)).toBe(state));
  });

  it('asks for a key where one is needed, and sends it in headers and subprotocol only', async () => {
    await serve(true);
    open();
    await eventually(() => expect(states).toEqual(['loading', 'key-needed']));
    open('page-key');
    await eventually(() => expect(states.at(-1)).toBe('live'));
    expect(visits[0]?.protocols).toBe('dms.v1,bearer.page-key');
    expect(visits[0]?.url.search).toBe('?since=1%3A100');
  });

  it('refuses a key that no browser could send, instead of trying for ever', async () => {
    await serve();
    open('page key');
    expect(states).toEqual(['key-needed']);
  });

  it('narrows the history and the stream alike', async () => {
    await serve();
    open(null, { ...EVERYTHING, channelId: '7' });
    await eventually(() => expect(states.at(-1)).toBe('live'));
    expect(queries[0]?.channelIds).toEqual(['7']);
    expect(visits[0]?.url.searchParams.get('channel_id')).toBe('7');
  });
});
