import { isIP } from 'node:net';
import { z } from 'zod';

/** Reads a whole number written in digits, both bounds included. */
export function integerText(min: number, max: number, unit = ''): z.ZodType<number> {
  const expectation = `must be a whole number from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expectation)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expectation);
}

/** A whole number of days, or `all`, which is infinite. */
export const daysText: z.ZodType<number> = z
  .string()
  .regex(/^(?:\d{1,6}|all)$/, 'must be a whole number of days from 0 to 999999, or all')
  .transform((text) => (text === 'all' ? Number.POSITIVE_INFINITY : Number(text)));

/** Reads a decimal number, both bounds included. */
export function numberText(min: number, max: number, unit: string): z.ZodType<number> {
  const expectation = `must be a number from ${min} to ${max} (${unit})`;
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,6})?$/, expectation)
    .transform(Number)
    .refine((value) => value >= min && value <= max, expectation);
}

/** `true`, `1`, `yes`, `on` and their opposites, in any case. */
export const booleanText: z.ZodType<boolean> = z.stringbool({ error: 'must be true or false' });

const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const isDiscordId = (text: string): boolean => /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= 2n ** 63n - 1n;

/** Discord ids, comma-separated; an empty text is an empty list. */
export const idListText: z.ZodType<readonly string[]> = z
  .string()
  .transform((text) => [...new Set(splitList(text))])
  .refine((ids) => ids.every(isDiscordId), 'must be a comma-separated list of Discord ids');

const isOrigin = (text: string): boolean => text === '*' || /^[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/.test(text);

/** Exact browser origins, comma-separated, or `*`. */
export const originListText: z.ZodType<readonly string[]> = z
  .string()
  .transform((text) => [...new Set(splitList(text).map((origin) => origin.toLowerCase()))])
  .refine((origins) => origins.every(isOrigin), 'must list origins as scheme://host[:port] without a path, or be *');

/** Express's `trust proxy`: a number of hops (0 = trust nobody), or the addresses of the proxies. */
export type TrustProxy = number | readonly string[];

// Express's own names for address ranges.
const NAMED_RANGES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isAddressRange(text: string): boolean {
  if (NAMED_RANGES.has(text)) return true;
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** `none`, a number of hops (1–10), or CIDRs. Never `true`: it would let every client choose its own address. */
export const trustProxyText: z.ZodType<TrustProxy> = z
  .string()
  .transform((text): TrustProxy => {
    if (text === 'none') return 0;
    return /^\d{1,2}$/.test(text) ? Number(text) : splitList(text);
  })
  .refine(
    (value) => (typeof value === 'number' ? value <= 10 : value.length > 0 && value.every(isAddressRange)),
    'must be none, the number of proxies in front (1 to 10), or their addresses as comma-separated CIDRs',
  );

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol) && new URL(text).hostname !== '';
}

/** An absolute URL with one of `protocols` (each with its colon) and a host. */
export function urlText(protocols: readonly string[], expectation: string): z.ZodType<string> {
  return z.string().refine((text) => hasProtocol(text, protocols), expectation);
}

/** Three parts of base64url, without the `Bot ` of the header. */
export const discordTokenText: z.ZodType<string> = z
  .string()
  .regex(
    /^[\w-]+\.[\w-]+\.[\w-]+$/,
    'must be the bot token from the developer portal: three parts joined by dots, no "Bot "',
  );

/** What can stand in a header. */
export const apiKeyText: z.ZodType<string> = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
