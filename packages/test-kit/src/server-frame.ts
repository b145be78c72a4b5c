import { type Position, parsePosition } from '@dms/protocol';

type JsonObject = Readonly<Record<string, unknown>>;

/** A frame from the server, parsed but not trusted. */
export interface ServerFrame {
  readonly op: number;
  /** As received. */
  readonly text: string;
  /** The whole frame. */
  readonly json: JsonObject;
}

/** op 10. */
export interface HelloFrame extends ServerFrame {
  readonly position: string;
  readonly oldest: string;
  readonly resumed: boolean;
  readonly reason: string | null;
  readonly connectionId: string;
  readonly heartbeatIntervalMs: number;
}

/** op 0. */
export interface DispatchFrame extends ServerFrame {
  readonly t: string;
  readonly s: number;
  /** The position after this event, as the client would store it. */
  readonly p: string;
  readonly d: JsonObject;
}

/** @throws Error with the text when it is not a frame. */
export function parseServerFrame(text: string): ServerFrame {
  const json = objectOf(JSON.parse(text), text);
  return { op: numberOf(json, 'op', text), text, json };
}

/** @throws Error when a field of HELLO is missing or of another type. */
export function parseHello(frame: ServerFrame): HelloFrame {
  const { text, json } = frame;
  const d = objectOf(json.d, text);
  if (frame.op !== 10) throw new Error(`the first frame must be HELLO: ${text}`);
  if (typeof d.resumed !== 'boolean') throw new Error(`HELLO without "resumed": ${text}`);
  return {
    ...frame,
    position: stringOf(d, 'position', text),
    oldest: stringOf(d, 'oldest', text),
    resumed: d.resumed,
    reason: d.reason === null ? null : stringOf(d, 'reason', text),
    connectionId: stringOf(d, 'connection_id', text),
    heartbeatIntervalMs: numberOf(d, 'heartbeat_interval', text),
  };
}

/** @throws Error when a field of DISPATCH is missing, or `p` does not end in `s`. */
export function parseDispatch(frame: ServerFrame): DispatchFrame {
  const { text, json } = frame;
  const dispatch = {
    ...frame,
    t: stringOf(json, 't', text),
    s: numberOf(json, 's', text),
    p: stringOf(json, 'p', text),
    d: objectOf(json.d, text),
  };
  if (positionOf(dispatch.p).seq !== dispatch.s) throw new Error(`"p" and "s" disagree: ${text}`);
  return dispatch;
}

/** @throws Error for anything but the wire form. */
export function positionOf(text: string): Position {
  const position = parsePosition(text);
  if (position === null) throw new Error(`not a position: ${text}`);
  return position;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown, text: string): JsonObject {
  if (isObject(value)) return value;
  throw new Error(`expected an object in ${text}`);
}

function stringOf(json: JsonObject, name: string, text: string): string {
  const value = json[name];
  if (typeof value === 'string') return value;
  throw new Error(`expected "${name}" to be a string in ${text}`);
}

function numberOf(json: JsonObject, name: string, text: string): number {
  const value = json[name];
  if (typeof value === 'number') return value;
  throw new Error(`expected "${name}" to be a number in ${text}`);
}
