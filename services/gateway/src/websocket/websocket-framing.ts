import type { Framing } from '../fan-out/framing.ts';

/** RFC 6455 §5.2 for a server's whole, unmasked, uncompressed text message. */
const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

export const frameHeaderBytes = (payloadBytes: number): number =>
  payloadBytes < LENGTH_16 ? 2 : payloadBytes < 65_536 ? 4 : 10;

/** `first` is the byte with FIN, RSV and op. Returns the offset after the header. */
export function writeFrameHeader(target: Buffer, offset: number, first: number, payloadBytes: number): number {
  target[offset] = first;
  if (payloadBytes < LENGTH_16) {
    target[offset + 1] = payloadBytes;
    return offset + 2;
  }
  if (payloadBytes < 65_536) {
    target[offset + 1] = LENGTH_16;
    return target.writeUInt16BE(payloadBytes, offset + 2);
  }
  target[offset + 1] = LENGTH_64;
  return target.writeBigUInt64BE(BigInt(payloadBytes), offset + 2);
}

export const webSocketFraming: Framing = {
  door: 'ws',
  frameBytes: ({ frame }) => frameHeaderBytes(frame.length) + frame.length,
  writeFrame(target, offset, { frame }) {
    const at = writeFrameHeader(target, offset, FIN_TEXT, frame.length);
    return at + frame.copy(target, at);
  },
};
