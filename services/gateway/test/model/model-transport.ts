import { errorFrame, positionFrame } from '@dms/protocol';
import type { Framing } from '../../src/fan-out/framing.ts';
import type { SocketTransport } from '../../src/websocket/session.ts';
import { webSocketFraming } from '../../src/websocket/websocket-framing.ts';

type Item = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'close'; readonly code: number };

/** Both ends of a socket: what the server wrote and the client has not taken yet. */
export interface ModelTransport extends SocketTransport {
  readonly isServerOpen: boolean;
  readonly waiting: number;
  /** The server hears that the peer is gone: nothing written from now on goes anywhere. */
  closeServerEnd(): void;
  close(code: number): void;
  /** The client's next item; null when there is none. */
  take(): Item | null;
  /** True once after the peer took everything that had blocked the server: Node's 'drain'. */
  hasDrained(): boolean;
}

export interface TransportOptions {
  /** Frames the socket holds before it counts as blocked; infinite for a client that always reads. */
  readonly highWaterFrames: number;
  readonly isCompressed: boolean;
  readonly onFrame: (text: string) => void;
  readonly onBlocked: () => void;
}

const LENGTH_16 = 126;
/** What is compressed here is seams and order, not bytes. */
const compressibleFraming: Framing = {
  ...webSocketFraming,
  openCompressed: () => ({ ...webSocketFraming, startOver() {} }),
};

/** RFC 6455 §5.2, whole unmasked text messages below 64 KiB. */
function parseFrames(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const short = bytes[offset + 1] ?? 0;
    const headerBytes = short === LENGTH_16 ? 4 : 2;
    const length = short === LENGTH_16 ? bytes.readUInt16BE(offset + 2) : short;
    const end = offset + headerBytes + length;
    if (bytes[offset] !== 0x81 || short > LENGTH_16 || end > bytes.length) throw new Error('not a whole text frame');
    texts.push(bytes.toString('utf8', offset + headerBytes, end));
    offset = end;
  }
  return texts;
}

export function createModelTransport({
  highWaterFrames,
  isCompressed,
  onFrame,
  onBlocked,
}: TransportOptions): ModelTransport {
  let wire: Item[] = [];
  let isServerOpen = true;
  let needsDrain = false;

  const push = (item: Item): void => {
    wire.push(item);
    if (needsDrain || wire.length < highWaterFrames) return;
    needsDrain = true;
    onBlocked();
  };

  return {
    framing: isCompressed ? compressibleFraming : webSocketFraming,
    closeCode: null,
    get isServerOpen() {
      return isServerOpen;
    },
    get isBlocked() {
      return needsDrain || !isServerOpen;
    },
    get waiting() {
      return wire.length;
    },
    writeFrames(bytes) {
      if (!isServerOpen) return;
      for (const text of parseFrames(bytes)) {
        onFrame(text);
        push({ kind: 'text', text });
      }
    },
    sendText(text) {
      if (isServerOpen) push({ kind: 'text', text });
    },
    sendPosition(position, headSeq) {
      this.sendText(positionFrame(position, headSeq));
    },
    sendError(name, message) {
      this.sendText(errorFrame(name, message, 0));
    },
    ping() {},
    close(code) {
      if (isServerOpen) push({ kind: 'close', code });
      isServerOpen = false;
    },
    terminate() {
      isServerOpen = false;
      wire = [];
    },
    closeServerEnd() {
      isServerOpen = false;
    },
    take: () => wire.shift() ?? null,
    hasDrained() {
      if (!needsDrain || wire.length > 0) return false;
      needsDrain = false;
      return true;
    },
  };
}
