import { types } from 'node:util';

/** True for errors of every realm: under Jest, errors of Node's own modules are not `instanceof` the test's `Error`. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}
