import { dispatchFrame, type LogEvent } from '@dms/protocol';
import type { EncodedEvent } from './broker.ts';

// A message is one version byte and then records:
//   u16 length of the header | u32 length of the frame | header (ASCII) | frame (UTF-8)
// The header is eight fields parted by single spaces; an empty field is null.
const VERSION = 1;
const LENGTHS_BYTES = 6;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
const ID = '([!-~]{0,64})';
const HEADER = new RegExp(`^(\\d{1,16}) (\\d{1,16}) ([!-~]{1,64}) ${ID} ${ID} ${ID} ${ID} ${ID}$`);
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** A message holds as many events as fit, and always at least one. Redis drops subscribers that fall some megabytes behind, so
 *  messages stay small; a single larger event travels alone. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Not from Node's pool, as small ones of `Buffer.from` are: a ring that keeps one frame would keep the pool's 8 KiB with it. */
const ownMemory = (byteLength: number): Buffer => Buffer.allocUnsafeSlow(byteLength);

/** The route of an event beside the bytes of its finished frame. */
export function encodeEvent(event: LogEvent): EncodedEvent {
  const { term, seq, type, guildId, channelId, parentId, authorId, messageId } = event;
  const text = dispatchFrame(event);
  const frame = ownMemory(Buffer.byteLength(text));
  frame.write(text);
  return { term, seq, type, guildId, channelId, parentId, authorId, messageId, frame };
}

/** Messages that carry the events in order, each at most `maxBytes` unless a single event is larger.
 *  @throws RangeError when a route field is not printable ASCII without spaces (≤ 64), which Discord's ids and types always are. */
export function encodeBatch(events: readonly EncodedEvent[], maxBytes = MAX_MESSAGE_BYTES): readonly Buffer[] {
  const messages: Buffer[] = [];
  let records: EventRecord[] = [];
  let bytes = 1;
  const flush = (): void => {
    if (records.length > 0) messages.push(messageOf(records, bytes));
    records = [];
    bytes = 1;
  };
  for (const event of events) {
    const record = { header: headerOf(event), frame: event.frame };
    const recordBytes = LENGTHS_BYTES + record.header.length + record.frame.length;
    if (bytes + recordBytes > maxBytes) flush();
    records.push(record);
    bytes += recordBytes;
  }
  flush();
  return messages;
}

interface EventRecord {
  /** ASCII: as many bytes as characters. */
  readonly header: string;
  readonly frame: Buffer;
}

/** Written into one piece of memory: small pieces for each record cost more than what is in them. */
function messageOf(records: readonly EventRecord[], byteLength: number): Buffer {
  const message = Buffer.allocUnsafe(byteLength);
  let at = message.writeUInt8(VERSION, 0);
  for (const { header, frame } of records) {
    at = message.writeUInt16BE(header.length, at);
    at = message.writeUInt32BE(frame.length, at);
    at += message.write(header, at, 'latin1');
    message.set(frame, at);
    at += frame.length;
  }
  return message;
}

function headerOf(event: EncodedEvent): string {
  const { term, seq, type, guildId, channelId, parentId, authorId, messageId } = event;
  const ids = `${guildId ?? ''} ${channelId ?? ''} ${parentId ?? ''} ${authorId ?? ''} ${messageId ?? ''}`;
  const header = `${term} ${seq} ${type} ${ids}`;
  if (!HEADER.test(header)) throw new RangeError(`event ${term}:${seq} has a route that cannot be encoded`);
  return header;
}

/** The events of a message, or null for anything that is not a whole message of this version. Never throws, and never returns a
 *  part: whoever could not read all of it must look into the log. The frames do not share memory with `message`. */
export function decodeBatch(message: Buffer): readonly EncodedEvent[] | null {
  if (message[0] !== VERSION) return null;
  // The caller's buffer may be a window on a socket's memory; a copy keeps only what is needed, for as long as it is needed.
  const bytes = ownMemory(message.length);
  bytes.set(message);
  const events: EncodedEvent[] = [];
  let offset = 1;
  while (offset < bytes.length) {
    if (bytes.length - offset < LENGTHS_BYTES) return null;
    const headerStart = offset + LENGTHS_BYTES;
    const frameStart = headerStart + bytes.readUInt16BE(offset);
    const frameBytes = bytes.readUInt32BE(offset + 2);
    offset = frameStart + frameBytes;
    if (frameBytes > MAX_FRAME_BYTES || offset > bytes.length) return null;
    const event = decodeEvent(bytes.toString('latin1', headerStart, frameStart), bytes.subarray(frameStart, offset));
    if (event === null) return null;
    events.push(event);
  }
  return events.length === 0 ? null : events;
}

function decodeEvent(header: string, frame: Buffer): EncodedEvent | null {
  const fields = HEADER.exec(header);
  if (fields === null) return null;
  const [, term, seq, type = '', guildId, channelId, parentId, authorId, messageId] = fields;
  const position = { term: Number(term), seq: Number(seq) };
  if (!Number.isSafeInteger(position.term) || !Number.isSafeInteger(position.seq)) return null;
  if (frame[0] !== OPENING_BRACE || frame[frame.length - 1] !== CLOSING_BRACE) return null;
  return {
    ...position,
    type,
    guildId: guildId || null,
    channelId: channelId || null,
    parentId: parentId || null,
    authorId: authorId || null,
    messageId: messageId || null,
    frame,
  };
}
