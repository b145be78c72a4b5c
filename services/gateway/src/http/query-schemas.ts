import {
  DEFAULT_PAGE_MESSAGES,
  EVENT_TYPES,
  filterSchema,
  isSnowflake,
  MAX_PAGE_MESSAGES,
  MIN_PAGE_MESSAGES,
  type Parsed,
  parseSince,
  parseTime,
  readParameters,
  snowflakeAtMs,
} from '@dms/protocol';
import { z } from 'zod';

// Text of a URL in, values out. Requests are parsed with these schemas, and /openapi.json shows their output side.

const MAX_SNOWFLAKE = '9223372036854775807';
const MAX_SEARCH_CHARACTERS = 256;

/** Reads text into a value; null is refused with `detail`. */
const reading = <T extends string | number>(read: (text: string) => T | null, detail: string) =>
  z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: detail });
    return z.NEVER;
  });

export const idSchema = z.string().refine(isSnowflake, 'must be a Discord id').meta({ example: '920208712262399835' });

const listed = z.string().transform((text): unknown => text.split(','));
const idsSchema = listed.pipe(filterSchema.shape.guild_id.unwrap());
const typesSchema = listed.pipe(filterSchema.shape.types.unwrap());

const flagSchema = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .pipe(z.boolean())
  .default(false);

const CURSOR_KINDS = ['before', 'after', 'around'] as const;
export type CursorKind = (typeof CURSOR_KINDS)[number];

/** Ids carry their time. `before` and `after` one time split history without a hole: `after` includes that very millisecond. */
function idAtTime(kind: CursorKind, timeMs: number): string {
  const id = snowflakeAtMs(timeMs);
  // Discord's clock runs out in 2084; a later time is simply the end.
  if (!isSnowflake(id)) return MAX_SNOWFLAKE;
  return kind === 'after' && id !== '0' ? (BigInt(id) - 1n).toString() : id;
}

/** A place in history: a message id, or the id that a message of that time would have. */
function readPlace(kind: CursorKind, text: string): string | null {
  if (isSnowflake(text)) return text;
  const timeMs = parseTime(text);
  return timeMs === null ? null : idAtTime(kind, timeMs);
}

const placeSchema = (kind: CursorKind) =>
  reading((text) => readPlace(kind, text), 'must be a message id or an RFC 3339 time').pipe(z.string());

const limitSchema = reading(
  (text) => (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_PAGE_MESSAGES ? Number(text) : null),
  `must be an integer from ${MIN_PAGE_MESSAGES} to ${MAX_PAGE_MESSAGES}`,
)
  .pipe(z.int().min(MIN_PAGE_MESSAGES).max(MAX_PAGE_MESSAGES))
  .default(DEFAULT_PAGE_MESSAGES);

const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text) && !text.includes('\0');

const scope = {
  guild_id: idsSchema.optional().describe('Only of these servers.'),
  channel_id: idsSchema.optional().describe('Only of these channels and of their threads.'),
  author_id: idsSchema.optional().describe('Only by these users.'),
  include_deleted: flagSchema.describe('Also tombstones of deleted messages, which have no content.'),
};

const searchSchema = z
  .string()
  .max(MAX_SEARCH_CHARACTERS, `has at most ${MAX_SEARCH_CHARACTERS} characters`)
  .refine(hasWord, 'must name a word to look for')
  .describe('Full-text search: all of these words, "one phrase", this or that, -not.');

export const messagesQuerySchema = z.strictObject({
  ...scope,
  before: placeSchema('before').optional().describe('Older than this message id or RFC 3339 time.'),
  after: placeSchema('after').optional().describe('Newer than this message id or RFC 3339 time.'),
  around: placeSchema('around').optional().describe('About half newer, half older.'),
  limit: limitSchema.describe('Messages of the page.'),
  q: searchSchema.optional(),
});

export const channelMessagesQuerySchema = messagesQuerySchema.omit({ channel_id: true });

export const exportQuerySchema = z.strictObject({
  ...scope,
  after: placeSchema('after').default('0').describe('From the first message after this id or RFC 3339 time.'),
  before: placeSchema('before').default(MAX_SNOWFLAKE).describe('To the last message before this id or RFC 3339 time.'),
  format: z
    .enum(['ndjson', 'csv', 'json'], 'must be one of ndjson, csv, json')
    .default('ndjson')
    .describe('A message a line, a spreadsheet, or one array.'),
});

export const MAX_WAIT_SECONDS = 30;
const SINCE_DETAIL = 'must be a position, "latest", "all", an RFC 3339 time or a duration such as 10m';

export const eventsQuerySchema = z.strictObject({
  guild_id: scope.guild_id,
  channel_id: scope.channel_id,
  author_id: scope.author_id,
  types: typesSchema.optional().describe(`Only these event types: ${EVENT_TYPES.join(', ')}.`),
  since: z
    .string()
    .refine((text) => parseSince(text, 0) !== null, SINCE_DETAIL)
    .default('latest')
    .describe('Where to start: a position, `latest`, `all`, an RFC 3339 time, or a duration back such as `10m`.'),
  format: z
    .enum(['ndjson', 'sse', 'json'], 'must be one of ndjson, sse, json')
    .optional()
    .describe('Instead of the Accept header.'),
  wait: reading(
    (text) => (/^\d{1,2}$/.test(text) && Number(text) <= MAX_WAIT_SECONDS ? Number(text) : null),
    `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`,
  )
    .pipe(z.int().min(0).max(MAX_WAIT_SECONDS))
    .default(0)
    .describe('Of pages: how many seconds an empty one waits for the first event.'),
});

export const erasureQuerySchema = z.strictObject({ user_id: idSchema.describe('Whose messages to remove.') });
export const optOutsQuerySchema = z.strictObject({
  after: idSchema.default('0').describe('The last id of the page before.'),
});

type ParameterSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

/** Parses the query of a route. Names every wrong, unknown or repeated parameter. */
export function parseParameters<S extends ParameterSchema>(
  pairs: Iterable<readonly [string, string]>,
  schema: S,
): Parsed<z.output<S>> {
  const parameters = readParameters(pairs, new Set(Object.keys(schema.shape)));
  if (!parameters.ok) return parameters;
  const result = schema.safeParse(Object.fromEntries(parameters.value));
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.map(({ path, code, message }) => {
    const parameter = String(path[0] ?? '');
    return { parameter, detail: code === 'invalid_type' && !parameters.value.has(parameter) ? 'is missing' : message };
  });
  return { ok: false, problems };
}
