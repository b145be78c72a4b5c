import { z } from 'zod';

/** What a spreadsheet is given of a message. Anything Discord may leave out is optional. */
const messageSchema = z.object({
  id: z.string(),
  timestamp: z.string().optional(),
  edited_timestamp: z.string().nullish(),
  deleted_at: z.string().nullish(),
  guild_id: z.string().nullish(),
  channel_id: z.string(),
  author: z.object({ id: z.string(), username: z.string().nullish() }).optional(),
  content: z.string().nullish(),
  attachments: z.array(z.object({ url: z.string().optional() })).optional(),
  message_reference: z.object({ message_id: z.string().nullish() }).nullish(),
  display: z
    .object({
      text: z.string().optional(),
      author_name: z.string().nullish(),
      channel_name: z.string().nullish(),
      guild_name: z.string().nullish(),
    })
    .optional(),
});
type Message = z.infer<typeof messageSchema>;

const COLUMNS: readonly (readonly [string, (message: Message) => string | null | undefined])[] = [
  ['id', ({ id }) => id],
  ['timestamp', ({ timestamp }) => timestamp],
  ['guild_id', ({ guild_id }) => guild_id],
  ['guild_name', ({ display }) => display?.guild_name],
  ['channel_id', ({ channel_id }) => channel_id],
  ['channel_name', ({ display }) => display?.channel_name],
  ['author_id', ({ author }) => author?.id],
  ['author_name', ({ author, display }) => display?.author_name ?? author?.username],
  ['text', ({ content, display }) => display?.text ?? content],
  ['attachments', ({ attachments = [] }) => attachments.map(({ url = '' }) => url).join(' ')],
  ['reply_to', ({ message_reference }) => message_reference?.message_id],
  ['edited_timestamp', ({ edited_timestamp }) => edited_timestamp],
  ['deleted_at', ({ deleted_at }) => deleted_at],
];

/** A spreadsheet runs a cell that begins like this as a formula. The apostrophe makes it text (OWASP, CSV injection). */
const FORMULA_START = /^[\t\r ]*[=+\-@]/;
const NEEDS_QUOTES = /[",\r\n]/;

function cell(value: string | null | undefined): string {
  const text = value ?? '';
  const guarded = FORMULA_START.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

const line = (cells: readonly (string | null | undefined)[]): string => `${cells.map(cell).join(',')}\r\n`;

/** The names of the columns (RFC 4180). */
export const csvHeader = (): string => line(COLUMNS.map(([name]) => name));

/** One stored message, given as its JSON text, as a line. */
export function csvLine(payload: string): string {
  const message = messageSchema.parse(JSON.parse(payload));
  return line(COLUMNS.map(([, read]) => read(message)));
}
