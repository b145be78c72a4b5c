import { isError } from './is-error.ts';
import { isSecretName, redact, scrub } from './redact.ts';

/** Facts beside an event. Values are cut to what a line can carry; errors become `{name, message, code}`. */
export type LogFields = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 4;
const MAX_ITEMS = 50;
const MAX_TEXT_LENGTH = 2_000;
const MAX_STACK_LENGTH = 8_000;

/** What `JSON.stringify` can print: secrets replaced, errors spelled out, everything bounded. Never throws. */
export function plainFields(fields: LogFields, withStack: boolean): Record<string, unknown> {
  return plainObject(fields, { depth: 0, withStack });
}

interface Context {
  readonly depth: number;
  readonly withStack: boolean;
}

function plainObject(object: object, context: Context): Record<string, unknown> {
  const entries = Object.entries(object).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, isSecretName(name) ? redact(value) : plainValue(value, context)]];
    }),
  );
}

function plainValue(value: unknown, context: Context): unknown {
  if (typeof value === 'string') return cut(scrub(value), MAX_TEXT_LENGTH);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  const inner = { ...context, depth: context.depth + 1 };
  if (isError(value)) return plainError(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (context.depth >= MAX_DEPTH) return '[…]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plainValue(item, inner));
  return plainObject(value, inner);
}

function plainError(error: Error, context: Context): Record<string, unknown> {
  const code = 'code' in error && ['string', 'number'].includes(typeof error.code) ? { code: error.code } : {};
  const cause =
    error.cause !== undefined && context.depth < MAX_DEPTH ? { cause: plainValue(error.cause, context) } : {};
  const stack = context.withStack ? { stack: cut(scrub(error.stack ?? ''), MAX_STACK_LENGTH) } : {};
  return { name: error.name, message: cut(scrub(error.message), MAX_TEXT_LENGTH), ...code, ...stack, ...cause };
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length} characters)`;
}
