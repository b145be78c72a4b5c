import { isSnowflake } from '@dms/protocol';

/** What a JSON value may look like once it has passed `sanitise`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Discord nests about ten levels; deeper input is somebody's experiment, and PostgreSQL's parser has a stack too. */
const MAX_DEPTH = 32;

// PostgreSQL text cannot hold NUL, whatever the encoding.
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '');

/** Makes any parsed JSON storable: well-formed UTF-16, no NUL, at most 32 levels (deeper values become null). Unknown fields
 *  survive. `undefined` and what JSON cannot say is dropped. What is sound is returned as it is, not copied. Never throws. */
export function sanitise(value: unknown): Json {
  return isSound(value, 0) ? value : repaired(value, 0);
}

/** Names of fields that were found sound. Discord has some hundreds; what is beyond the bound is looked at each time. */
const soundKeys = new Set<string>();
const MAX_SOUND_KEYS = 2_000;

function isSoundKey(key: string): boolean {
  if (soundKeys.has(key)) return true;
  if (key === '__proto__' || !isStorable(key)) return false;
  if (soundKeys.size < MAX_SOUND_KEYS) soundKeys.add(key);
  return true;
}

function isSound(value: unknown, depth: number): value is Json {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' || value === null;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isSound(item, depth + 1));
  if (!isPlain(value)) return false;
  // Without lists of keys and values: a message has some fifty.
  for (const key in value) {
    if (!isSoundKey(key) || !isSound(value[key], depth + 1)) return false;
  }
  return true;
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> =>
  Object.getPrototypeOf(value) === Object.prototype;

function repaired(value: unknown, depth: number): Json {
  if (typeof value === 'string') return storable(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depth >= MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => repaired(item, depth + 1));
  const result: Record<string, Json> = {};
  for (const [name, item] of Object.entries(value)) {
    const key = storable(name);
    // Assigning `__proto__` would set the prototype instead of a field. Asked of the cleaned name, which may only now be it.
    if (item !== undefined && key !== '__proto__') result[key] = repaired(item, depth + 1);
  }
  return result;
}

/** Sanitises and insists on an object; null for anything else. */
export function sanitiseObject(value: unknown): JsonObject | null {
  const clean = sanitise(value);
  return isJsonObject(clean) ? clean : null;
}

/** True for a JSON object, as opposed to an array, a scalar or nothing. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of an array field; an absent or odd field is an empty list. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The strings of an array field; an absent or odd field is an empty list. */
export function stringsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The string at `key`, or null. */
export function stringAt(object: JsonObject | null | undefined, key: string): string | null {
  const value = object?.[key];
  return typeof value === 'string' ? value : null;
}

/** The id at `key`, or null for anything that is not a 64-bit decimal string. */
export function idAt(object: JsonObject, key: string): string | null {
  const id = stringAt(object, key);
  return id !== null && isSnowflake(id) ? id : null;
}

/** The object at `key`, or null. */
export function objectAt(object: JsonObject | null, key: string): JsonObject | null {
  const value = object?.[key];
  return isJsonObject(value) ? value : null;
}

/** The number at `key`, or null. */
export function numberAt(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === 'number' ? value : null;
}
