import {
  CloseCode,
  createFilter,
  describeFilter,
  dispatchFrame,
  errorFrame,
  type Filter,
  heartbeatAckFrame,
  helloFrame,
  matchesFilter,
  type Position,
  parseClientFrame,
  parseFilterObject,
  positionFrame,
  type StreamQuery,
  subscribedFrame,
} from '@dms/protocol';
import type { WebSocket } from 'ws';
import type { TestLog } from './test-log.ts';

/** One client's socket: a place in the log and a filter. */
export interface TestStream {
  readonly socket: WebSocket;
  /** Sends what it has not got yet. */
  pump(): void;
  /** Sends the newest `count` events again. */
  repeat(count: number): void;
  tellPosition(): void;
  /** Says why, then closes. */
  close(code: number, errorCode: string, message: string): void;
}

const HEARTBEAT_INTERVAL_MS = 25_000;

export function createTestStream(socket: WebSocket, query: StreamQuery, log: TestLog, id: string): TestStream {
  let filter: Filter = createFilter(query.filter);
  const { position: start, resumed, reason } = log.attach(query.since);
  let cursor: Position = start;
  const close = (code: number, errorCode: string, message: string): void => {
    socket.send(errorFrame(errorCode, message, 0));
    socket.close(code);
  };
  const receive = (text: string): void => {
    const result = parseClientFrame(text);
    if (result.kind === 'malformed') return close(CloseCode.Malformed, 'malformed', result.detail);
    if (result.kind === 'unknown-op') return close(CloseCode.UnknownOp, 'unknown_op', `op ${result.op} is not known`);
    if (result.frame.op === 1) return socket.send(heartbeatAckFrame(cursor));
    const parsed = parseFilterObject(result.frame.d ?? {});
    if (!parsed.ok) return close(CloseCode.BadFilter, 'bad_filter', 'this is no filter');
    filter = createFilter(parsed.value);
    socket.send(subscribedFrame(describeFilter(filter), cursor));
  };
  socket.on('message', (data) => receive(String(data)));
  socket.on('error', () => {});
  socket.send(
    helloFrame({
      connectionId: id,
      position: start,
      oldest: log.oldest,
      resumed,
      reason,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      limits: {},
    }),
  );
  return {
    socket,
    pump() {
      for (const event of log.after(cursor.seq)) {
        if (matchesFilter(filter, event)) socket.send(dispatchFrame(event));
        cursor = event;
      }
    },
    repeat(count) {
      for (const event of log.after(Math.max(0, cursor.seq - count))) {
        if (matchesFilter(filter, event)) socket.send(dispatchFrame(event));
      }
    },
    tellPosition: () => socket.send(positionFrame(cursor, log.head.seq)),
    close,
  };
}
