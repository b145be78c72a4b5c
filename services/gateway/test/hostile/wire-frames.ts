import { randomBytes } from 'node:crypto';
import type { Found } from './raw-peer.ts';

/** https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export const FrameType = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

export interface FrameOptions {
  readonly isLast?: boolean;
  /** The three reserved bits, 0–7. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** How the length is written; default the shortest form. */
  readonly lengthBits?: 7 | 16 | 64;
  /** What the frame says its length is; default the truth. */
  readonly claimedLength?: bigint;
}

/** A frame as a client sends it, right in everything that `options` does not change. */
export function clientFrame(type: number, payload: Buffer, options: FrameOptions = {}): Buffer {
  const { isLast = true, reserved = 0, isMasked = true, claimedLength = BigInt(payload.length) } = options;
  const bits = options.lengthBits ?? (claimedLength < 126n ? 7 : claimedLength < 65_536n ? 16 : 64);
  const length = Buffer.alloc(bits === 7 ? 1 : bits === 16 ? 3 : 9);
  if (bits === 7) length[0] = Number(claimedLength);
  else if (bits === 16) length.writeUInt16BE(Number(claimedLength), 1);
  else length.writeBigUInt64BE(claimedLength, 1);
  if (bits !== 7) length[0] = bits === 16 ? 126 : 127;
  length[0] = (length[0] ?? 0) | (isMasked ? 0x80 : 0);
  const first = Buffer.from([(isLast ? 0x80 : 0) | (reserved << 4) | type]);
  if (!isMasked) return Buffer.concat([first, length, payload]);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([first, length, mask, masked]);
}

export const textFrame = (text: string, options: FrameOptions = {}): Buffer =>
  clientFrame(FrameType.Text, Buffer.from(text), options);

export function closeFrame(code: number, reason: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return clientFrame(FrameType.Close, Buffer.concat([head, reason]));
}

export interface ServerFrame {
  readonly type: number;
  readonly payload: Buffer;
}

/** Reads the next frame of a server, with no mercy. Null while it is not complete.
 *  @throws Error for what a server may not send, or what this one never does (fragments, binary) */
export function parseServerFrame(received: Buffer): Found<ServerFrame> | null {
  const [first, second] = received;
  if (first === undefined || second === undefined) return null;
  if ((first & 0xf0) !== 0x80) throw new Error(`reserved bits or a fragment: ${first.toString(16)}`);
  const type = first & 0x0f;
  if (![FrameType.Text, FrameType.Close, FrameType.Ping, FrameType.Pong].some((known) => known === type)) {
    throw new Error(`a frame of type ${type}`);
  }
  if (second >= 0x80) throw new Error('a masked frame from the server');
  const headBytes = second === 126 ? 4 : second === 127 ? 10 : 2;
  if (received.length < headBytes) return null;
  const length =
    second === 126 ? received.readUInt16BE(2) : second === 127 ? Number(received.readBigUInt64BE(2)) : second;
  if (length < (second === 127 ? 65_536 : second === 126 ? 126 : 0)) throw new Error('a length in a form too long');
  if (type >= FrameType.Close && length > 125) throw new Error('a control frame too long');
  if (received.length < headBytes + length) return null;
  const payload = received.subarray(headBytes, headBytes + length);
  if (type === FrameType.Text) new TextDecoder('utf-8', { fatal: true }).decode(payload);
  return { value: { type, payload }, usedBytes: headBytes + length };
}

export const closeCodeOf = ({ payload }: ServerFrame): number => (payload.length < 2 ? 1005 : payload.readUInt16BE(0));
