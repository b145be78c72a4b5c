const MASK_KEY_BYTES = 4;
const OP_TEXT = 1;
const OP_CLOSE = 8;
const OP_PING = 9;
const OP_PONG = 10;

export interface FrameHandlers {
  text(payload: Buffer): void;
  /** Bytes to send back. */
  reply(frame: Buffer): void;
  closed(): void;
}

/** Takes WebSocket frames out of a byte stream. Only what our servers send: unfragmented, unmasked, uncompressed. A library per
 *  client would use more CPU than the servers under test. */
export function createFrameReader(handlers: FrameHandlers): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let offset = 0;
    for (;;) {
      const size = sizeAt(bytes, offset);
      if (size === null || offset + size.header + size.payload > bytes.length) break;
      const start = offset + size.header;
      offset = start + size.payload;
      const op = (bytes[start - size.header] ?? 0) & 0x0f;
      const payload = bytes.subarray(start, offset);
      if (op === OP_TEXT) handlers.text(payload);
      if (op === OP_PING) handlers.reply(pong(payload));
      if (op === OP_CLOSE) handlers.closed();
    }
    rest = bytes.subarray(offset);
  };
}

function sizeAt(bytes: Buffer, offset: number): { readonly header: number; readonly payload: number } | null {
  const left = bytes.length - offset;
  if (left < 2) return null;
  const short = (bytes[offset + 1] ?? 0) & 0x7f;
  if (short < 126) return { header: 2, payload: short };
  if (short === 126) return left < 4 ? null : { header: 4, payload: bytes.readUInt16BE(offset + 2) };
  return left < 10 ? null : { header: 10, payload: Number(bytes.readBigUInt64BE(offset + 2)) };
}

/** Clients must mask; with a key of zeros the payload stays as it is. */
const pong = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x80 | OP_PONG, 0x80 | payload.length]), Buffer.alloc(MASK_KEY_BYTES), payload]);
