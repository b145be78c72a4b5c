/** RFC 6455 §5.2 for a server's whole, unmasked, uncompressed text message. */
const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Bytes the header of a message of `payloadBytes` takes. */
export function textFrameHeaderBytes(payloadBytes: number): number {
  return payloadBytes < LENGTH_16 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes header and payload at `offset` of `target`, which must have room. Returns the offset after the frame. */
export function writeTextFrame(target: Buffer, offset: number, payload: Buffer): number {
  target[offset] = FIN_TEXT;
  let at = offset + 2;
  if (payload.length < LENGTH_16) {
    target[offset + 1] = payload.length;
  } else if (payload.length < 65_536) {
    target[offset + 1] = LENGTH_16;
    at = target.writeUInt16BE(payload.length, at);
  } else {
    target[offset + 1] = LENGTH_64;
    at = target.writeBigUInt64BE(BigInt(payload.length), at);
  }
  payload.copy(target, at);
  return at + payload.length;
}
