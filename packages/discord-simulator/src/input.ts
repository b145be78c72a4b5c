/** Input from outside that breaks a stated rule. The message is one sentence fit for the sender's eyes. */
export class InputError extends Error {
  readonly code = 'invalid_input';
}

/** An object as it came out of JSON, nothing known about its fields. */
export type Fields = { readonly [name: string]: unknown };

/** True for a JSON object (not null, not an array). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws InputError when `text` is not JSON or not an object. */
export function parseFields(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError('is not valid JSON');
  }
  if (!isFields(value)) throw new InputError('must be a JSON object');
  return value;
}

/** @throws InputError when the field is absent or not a string. */
export function requireString(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new InputError(`"${name}" must be a string`);
  return value;
}

/** As requireString, and not empty. */
export function requireName(fields: Fields, name: string): string {
  const value = requireString(fields, name);
  if (value.trim() === '') throw new InputError(`"${name}" must not be empty`);
  return value;
}

/** Undefined when absent or null. @throws InputError when present and not a string. */
export function optionalString(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return requireString(fields, name);
}

/** Undefined when absent. @throws InputError when present and not a finite number of at least `minimum`. */
export function optionalNumber(fields: Fields, name: string, minimum = 0): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum) {
    throw new InputError(`"${name}" must be a number of at least ${minimum}`);
  }
  return value;
}

/** As optionalNumber, whole numbers only. */
export function optionalInteger(fields: Fields, name: string, minimum = 0): number | undefined {
  const value = optionalNumber(fields, name, minimum);
  if (value !== undefined && !Number.isSafeInteger(value)) throw new InputError(`"${name}" must be a whole number`);
  return value;
}

/** Undefined when absent. @throws InputError when present and not a boolean. */
export function optionalBoolean(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw new InputError(`"${name}" must be true or false`);
  return value;
}

/** Undefined when absent. @throws InputError when present and not an array of strings. */
export function optionalStrings(fields: Fields, name: string): string[] | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  const isText = (item: unknown): item is string => typeof item === 'string';
  if (!Array.isArray(value) || !value.every(isText)) throw new InputError(`"${name}" must be a list of strings`);
  return value;
}

/** Empty when absent. @throws InputError when present and not an array of objects. */
export function optionalObjects(fields: Fields, name: string): Fields[] {
  const value = fields[name];
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isFields)) throw new InputError(`"${name}" must be a list of objects`);
  return value;
}
