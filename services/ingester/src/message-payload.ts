import { MAX_PAYLOAD_BYTES, type MessageDisplay, snowflakeTimeMs } from '@dms/protocol';
import { isJsonObject, type Json, type JsonObject, stringAt } from './sanitise.ts';

/** What the log adds to each payload: revision, origin. */
const RESERVED_BYTES = 128;
/** Largest and least missed first. */
const DISPENSABLE = [
  'components',
  'embeds',
  'message_snapshots',
  'referenced_message',
  'mentions',
  'attachments',
] as const;
/** Parts that carry times of their own. */
const TIMED_PARTS = ['embeds', 'referenced_message', 'message_snapshots'] as const;
/** What is left of the resolved text when the content itself needs the room. */
const SHORT_TEXT_BYTES = 2_000;
const SHORT_NAME_BYTES = 200;

/** How Discord writes times; without the days that not every month has. */
const IN_UTC = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3,9}\+00:00$/;
const UP_TO_MILLISECONDS = 'YYYY-MM-DDTHH:mm:ss.sss'.length;

/** RFC 3339 UTC with milliseconds, or null. Discord writes microseconds in one dispatch and cuts them in the next. */
export function utcTime(text: string | null): string | null {
  if (text !== null && IN_UTC.test(text)) return `${text.slice(0, UP_TO_MILLISECONDS)}Z`;
  const timeMs = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(timeMs) ? null : new Date(timeMs).toISOString();
}

function withUtcTimes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withUtcTimes);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).map(([key, item]) => {
    const isTime = key === 'timestamp' || key === 'edited_timestamp';
    return [key, isTime && typeof item === 'string' ? utcTime(item) : withUtcTimes(item)] as const;
  });
  return Object.fromEntries(fields);
}

/** The message with the ids it belongs to and every time as RFC 3339 UTC with milliseconds, also in replies, forwards and
 *  embeds. A message without a readable time of its own gets that of its id. */
export function normaliseMessage(message: JsonObject, id: string, guildId: string): JsonObject {
  // One copy, then assignments: an object spread several times over becomes slow to read, and all of it is read twice.
  const normalised: Record<string, Json> = { ...message };
  for (const part of TIMED_PARTS) {
    const value = message[part];
    if (value !== undefined && value !== null) normalised[part] = withUtcTimes(value);
  }
  normalised.guild_id = guildId;
  normalised.timestamp = utcTime(stringAt(message, 'timestamp')) ?? new Date(snowflakeTimeMs(id)).toISOString();
  normalised.edited_timestamp = utcTime(stringAt(message, 'edited_timestamp'));
  return normalised;
}

const MAX_BYTES_PER_CODE_UNIT = 3;
const fitsInto = (payload: string, maxBytes: number): boolean =>
  payload.length * MAX_BYTES_PER_CODE_UNIT <= maxBytes || Buffer.byteLength(payload) <= maxBytes;

/** The object's JSON text if an event may carry it, else without the dispensable parts, in their order and only as far as
 *  needed, and `truncated`. For what has no long texts of its own. */
export function eventPayload(object: JsonObject, dispensable: readonly string[]): string {
  const maxBytes = MAX_PAYLOAD_BYTES - RESERVED_BYTES;
  let payload = JSON.stringify(object);
  const fields: Record<string, Json> = { ...object, truncated: true };
  for (const part of dispensable) {
    if (fitsInto(payload, maxBytes)) return payload;
    delete fields[part];
    payload = JSON.stringify(fields);
  }
  return payload;
}

/** The longest beginning of `text` whose JSON form has at most `maxBytes`, whole characters only. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(JSON.stringify(character)) - 2;
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Its texts, shortened; lists and objects are left out. */
function cutTexts(object: JsonObject, maxBytes: number): JsonObject {
  const fields = Object.entries(object).filter(([, value]) => typeof value !== 'object' || value === null);
  return Object.fromEntries(
    fields.map(([key, value]) => [key, typeof value === 'string' ? cut(value, maxBytes) : value]),
  );
}

/** The JSON text that is stored and sent, at most 64 KiB with what the log adds (`tallyBytes` of it its tally): a message is
 *  never refused for its size. What does not fit is left out and `truncated` says so: components, embeds, what it quotes,
 *  the resolved text, and last the end of the content. `message` must not be empty. */
export function messagePayload(message: JsonObject, display: MessageDisplay, tallyBytes = 0): string {
  const maxBytes = MAX_PAYLOAD_BYTES - RESERVED_BYTES - tallyBytes;
  const fits = (text: string): boolean => fitsInto(text, maxBytes);
  // Appended as text: one more copy of the object would cost as much as everything else here. Ours come last and win.
  let payload = `${JSON.stringify(message).slice(0, -1)},"deleted_at":null,"display":${JSON.stringify(display)}}`;
  if (fits(payload)) return payload;
  const fields: Record<string, Json> = { ...message, deleted_at: null, display: { ...display }, truncated: true };
  for (const part of DISPENSABLE) {
    delete fields[part];
    payload = JSON.stringify(fields);
    if (fits(payload)) return payload;
  }
  fields.display = { ...display, text: cut(display.text, SHORT_TEXT_BYTES) };
  payload = JSON.stringify(fields);
  if (fits(payload)) return payload;
  return shortest(fields, maxBytes);
}

const KEPT: ReadonlySet<string> = new Set(['id', 'channel_id', 'guild_id', 'type', 'timestamp', 'edited_timestamp']);

function shortest(fields: JsonObject, maxBytes: number): string {
  const { author, display, content } = fields;
  const ids = Object.fromEntries(Object.entries(fields).filter(([key]) => KEPT.has(key)));
  const kept = {
    ...cutTexts(ids, SHORT_NAME_BYTES),
    author: cutTexts(isJsonObject(author) ? author : {}, SHORT_NAME_BYTES),
    display: cutTexts(isJsonObject(display) ? display : {}, SHORT_TEXT_BYTES),
    deleted_at: null,
    truncated: true,
  };
  const room = maxBytes - Buffer.byteLength(JSON.stringify({ ...kept, content: '' }));
  return JSON.stringify({ ...kept, content: cut(typeof content === 'string' ? content : '', room) });
}
