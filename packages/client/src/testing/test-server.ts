import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  CloseCode,
  type EventType,
  formatPosition,
  POSITION_INTERVAL_MS,
  parseStreamQuery,
  reconnectFrame,
  type StoredMessage,
  SUBPROTOCOL,
} from '@dms/protocol';
import { WebSocketServer } from 'ws';
import { createDirectory, createMessageIds, GUILD, type MessageDraft, makeMessage } from './make-message.ts';
import { createTestLog } from './test-log.ts';
import { answerRest, problem, routeOf, type TestAnswer } from './test-rest.ts';
import { createTestStream, type TestStream } from './test-stream.ts';

export type { MessageDraft } from './make-message.ts';

export interface TestServerOptions {
  /** Everything else is answered 401. Default: no key is needed. */
  readonly key?: string;
  /** Default: any free one. */
  readonly port?: number;
}

/** What one socket asked for. */
export interface Subscription {
  readonly query: URLSearchParams;
  readonly key: string | null;
}

/** A server of this protocol in your own process, on a loopback port, with an empty log that says and does what a test wants. */
export interface TestServer {
  /** For `createStreamClient` and `createRestClient`. */
  readonly url: string;
  /** The newest position. */
  readonly position: string;
  /** Streams open now. */
  readonly connections: number;
  /** Of every socket so far, oldest first. */
  readonly subscriptions: readonly Subscription[];

  /** Stores a message and sends it to whoever follows. */
  message(draft?: MessageDraft): StoredMessage;
  /** @throws RangeError for an id that is not stored. */
  edit(id: string, content: string): StoredMessage;
  /** @throws RangeError for an id that is not stored. */
  delete(id: string): void;
  /** Any other event; `channel` is a name. */
  emit(type: EventType, payload: object, channel?: string): void;

  /** Sends nothing until `release`. What happens meanwhile is sent then. */
  hold(): void;
  release(): void;
  /** Sends the newest `count` events a second time. */
  repeat(count: number): void;
  /** Sends everybody a text of your own. */
  send(text: string): void;
  /** Cuts every stream: without a word, or with a close code. */
  drop(code?: number): void;
  /** Asks every stream to move (op 7) after `afterMs`, default 0. */
  drain(afterMs?: number): void;
  /** Makes every position but the newest too old, and cuts every stream. */
  forget(): void;
  /** Becomes another log, of which no position is known, and closes every stream as a gateway does. */
  diverge(): void;
  /** Answers upgrades and requests with this status until called with null. */
  refuse(status: number | null, detail?: string): void;
  /** Ends streams and frees the port. */
  close(): Promise<void>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const log = createTestLog();
  const directory = createDirectory();
  const nextId = createMessageIds();
  const messages = new Map<string, StoredMessage | null>();
  const streams = new Set<TestStream>();
  const subscriptions: Subscription[] = [];
  let refusal: TestAnswer | null = null;
  let isHeld = false;

  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://test');
    const { status, body } = refuseFor(keyOf(request)) ?? answerRest(url, { log, messages, directory });
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  http.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://test');
    const key = keyOf(request);
    subscriptions.push({ query: searchParams, key });
    const query = parseStreamQuery(searchParams, Date.now());
    const isStream = pathname === '/ws' || pathname === '/v1/ws';
    const refused = refuseFor(key) ?? (isStream ? null : problem(404, 'There is nothing here.'));
    if (refused !== null) return refuseUpgrade(socket, refused);
    if (!query.ok) return refuseUpgrade(socket, problem(400, 'The query cannot be understood.'));
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createTestStream(webSocket, query.value, log, randomUUID());
      streams.add(stream);
      webSocket.on('close', () => streams.delete(stream));
      if (!isHeld) stream.pump();
    });
  });

  const refuseFor = (key: string | null): TestAnswer | null => {
    if (refusal !== null) return refusal;
    return options.key === undefined || key === options.key ? null : problem(401, 'This needs a key.');
  };
  const pump = (): void => {
    if (!isHeld) for (const stream of streams) stream.pump();
  };
  const store = (type: EventType, message: StoredMessage): StoredMessage => {
    messages.set(message.id, message);
    log.append(routeOf(type, message), JSON.stringify({ ...message, origin: 'live' }), Date.now());
    pump();
    return message;
  };
  const known = (id: string): StoredMessage => {
    const message = messages.get(id);
    if (message === undefined || message === null) throw new RangeError(`no message ${id} is stored`);
    return message;
  };
  const cut = (): void => {
    for (const { socket } of streams) socket.terminate();
  };
  const positions = setInterval(() => {
    for (const stream of streams) stream.tellPosition();
  }, POSITION_INTERVAL_MS);

  http.listen(options.port ?? 0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}`,
    get position() {
      return formatPosition(log.head);
    },
    get connections() {
      return streams.size;
    },
    subscriptions,
    message(draft = {}) {
      const nowMs = Date.now();
      return store('MESSAGE_CREATE', makeMessage(draft, nextId(nowMs), nowMs, directory));
    },
    edit(id, content) {
      const message = known(id);
      const display = { ...message.display, text: content };
      const edited_timestamp = new Date().toISOString();
      return store('MESSAGE_UPDATE', {
        ...message,
        content,
        display,
        edited_timestamp,
        revision: message.revision + 1,
      });
    },
    delete(id) {
      const message = known(id);
      messages.set(id, null);
      log.purge(id);
      const { channel_id, guild_id } = message;
      const payload = { id, channel_id, guild_id, deleted_at: new Date().toISOString(), origin: 'live' };
      log.append({ ...routeOf('MESSAGE_DELETE', message), authorId: null }, JSON.stringify(payload), Date.now());
      pump();
    },
    emit(type, payload, channel) {
      const channelId = channel === undefined ? null : directory.idOf('channel', channel);
      const route = { type, guildId: GUILD.id, channelId, parentId: null, authorId: null, messageId: null };
      log.append(route, JSON.stringify({ origin: 'live', ...payload }), Date.now());
      pump();
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      pump();
    },
    repeat(count) {
      for (const stream of streams) stream.repeat(count);
    },
    send(text) {
      for (const { socket } of streams) socket.send(text);
    },
    drop(code) {
      if (code === undefined) return cut();
      for (const stream of streams) stream.close(code, 'dropped', 'the test dropped this stream');
    },
    drain(afterMs = 0) {
      for (const { socket } of streams) socket.send(reconnectFrame(afterMs, 'drain'));
    },
    forget() {
      log.prune();
      cut();
    },
    diverge() {
      log.diverge();
      for (const stream of streams) stream.close(CloseCode.ServiceRestart, 'diverged', 'the log was replaced');
    },
    refuse(status, detail = 'The test refuses this.') {
      refusal = status === null ? null : problem(status, detail);
    },
    async close() {
      clearInterval(positions);
      cut();
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeAllConnections();
      await closed;
    },
  };
}

/** The key of a request, wherever a client may put it. */
function keyOf({ headers }: IncomingMessage): string | null {
  const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  const [, protocol] = /(?:^|,)\s*bearer\.([^,\s]+)/.exec(headers['sec-websocket-protocol'] ?? '') ?? [];
  const header = headers['x-api-key'];
  return bearer ?? protocol ?? (typeof header === 'string' ? header : null);
}

function refuseUpgrade(socket: Duplex, { status, body }: TestAnswer): void {
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} No\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${text}`);
}
