import { Buffer } from 'node:buffer';
import type { SqlValue } from './database.ts';
import type { Entry } from './reduction.ts';
import { tallyText } from './tally.ts';

/** Where an entry's texts are among the bytes of its batch, counted from 1 as PostgreSQL does. */
interface Place {
  readonly payloadAt: number;
  readonly payloadBytes: number;
  /** The text of the message row, or of the superseded revision, without its last brace; null for an entry that has none. */
  readonly rowAt: number | null;
  readonly rowBytes: number | null;
}

type Cell = string | number | boolean | null;

interface Column {
  readonly name: string;
  readonly type: 'bigint' | 'int' | 'text' | 'boolean';
  readonly cell: (entry: Entry, place: Place) => Cell;
}

/** What the append statement knows of each entry. SQL and values come from this one list. */
const COLUMNS: readonly Column[] = [
  { name: 'type', type: 'text', cell: ({ route }) => route.type },
  { name: 'guild_id', type: 'bigint', cell: ({ route }) => route.guildId },
  { name: 'channel_id', type: 'bigint', cell: ({ route }) => route.channelId },
  { name: 'parent_id', type: 'bigint', cell: ({ route }) => route.parentId },
  { name: 'author_id', type: 'bigint', cell: ({ route }) => route.authorId },
  { name: 'message_id', type: 'bigint', cell: ({ route }) => route.messageId },
  { name: 'payload_at', type: 'int', cell: (_, { payloadAt }) => payloadAt },
  { name: 'payload_bytes', type: 'int', cell: (_, { payloadBytes }) => payloadBytes },
  { name: 'row_at', type: 'int', cell: (_, { rowAt }) => rowAt },
  { name: 'row_bytes', type: 'int', cell: (_, { rowBytes }) => rowBytes },
  { name: 'is_last', type: 'boolean', cell: ({ row }) => row !== null },
  { name: 'is_superseded', type: 'boolean', cell: ({ text }) => text?.isSuperseded === true },
  { name: 'is_deleted', type: 'boolean', cell: ({ row }) => row?.isDeleted === true },
  { name: 'revision', type: 'int', cell: ({ row, text }) => row?.revision ?? text?.revision ?? null },
  { name: 'hash', type: 'text', cell: ({ row }) => row?.hash ?? null },
  { name: 'edited_at_ms', type: 'bigint', cell: ({ row }) => row?.editedAtMs ?? null },
  { name: 'observed_at', type: 'bigint', cell: ({ row }) => row?.observedAt ?? null },
  { name: 'tally', type: 'text', cell: ({ row }) => tallyText(row?.tally ?? null) },
  { name: 'tally_at', type: 'bigint', cell: ({ row }) => row?.tallyAt ?? null },
];

const NAMES = COLUMNS.map(({ name }) => name).join(', ');

/** The rows of `entry`, numbered from 1 (`n`), given the first parameter that `entryValues` went to. Reads from `fence`. */
export function entriesPart(firstParameter: number): string {
  const texts = `$${firstParameter}::bytea`;
  const arrays = COLUMNS.map(({ type }, index) => `$${firstParameter + 1 + index}::${type}[]`).join(', ');
  return `entry AS MATERIALIZED (
  SELECT fence.term, fence.base, e.*,
    convert_from(substring(${texts} FROM e.payload_at FOR e.payload_bytes), 'UTF8') AS payload,
    convert_from(substring(${texts} FROM e.row_at FOR e.row_bytes), 'UTF8') || '}' AS row_payload
  FROM fence CROSS JOIN unnest(${arrays}) WITH ORDINALITY AS e(${NAMES}, n))`;
}

/** One array per column, and before them the texts of all entries as bytes: measured, arrays and bytes cost both ends a
 *  fraction of JSON, which escapes every quote of every payload and is read twice there. */
export function entryValues(entries: readonly Entry[]): readonly SqlValue[] {
  const texts: string[] = [];
  let end = 1;
  const put = (text: string): number => {
    const bytes = Buffer.byteLength(text);
    texts.push(text);
    end += bytes;
    return bytes;
  };
  const rows = entries.map((entry): Row => {
    const { payload, row, text } = entry;
    const payloadAt = end;
    const payloadBytes = put(payload);
    // The payload travels once: the message row's text is the event's, cut before what follows the message in it.
    if (text !== undefined) {
      return { entry, place: { payloadAt, payloadBytes, rowAt: payloadAt, rowBytes: payloadBytes - text.endingBytes } };
    }
    if (row?.payload == null) return { entry, place: { payloadAt, payloadBytes, rowAt: null, rowBytes: null } };
    const rowAt = end;
    return { entry, place: { payloadAt, payloadBytes, rowAt, rowBytes: put(row.payload.slice(0, -1)) } };
  });
  const literalOf = ({ cell }: Column): string =>
    `{${rows.map(({ entry, place }) => element(cell(entry, place))).join(',')}}`;
  return [utf8(texts, end - 1), ...COLUMNS.map(literalOf)];
}

interface Row {
  readonly entry: Entry;
  readonly place: Place;
}

const NOT_UTF8 = 0xff;

/** Encoded into one piece of memory of `byteLength`, which is what all of them need. A lone surrogate has no UTF-8; encoded all the
 *  same it would become another character in silence. This is refused instead. */
function utf8(texts: readonly string[], byteLength: number): Buffer {
  const bytes = Buffer.allocUnsafe(byteLength);
  let at = 0;
  for (const text of texts) {
    const written = bytes.write(text, at);
    if (!text.isWellFormed()) bytes.fill(NOT_UTF8, at, at + written);
    at += written;
  }
  return bytes;
}

const element = (cell: Cell): string =>
  typeof cell !== 'string' ? String(cell) : `"${cell.replace(/["\\]/g, '\\$&')}"`;
