import {
  type Fields,
  InputError,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalString,
  optionalStrings,
  requireName,
} from '../input.ts';
import type { FaultKind, FaultSpec } from './fault.ts';

type Reader = (fields: Fields) => unknown;

const code: Reader = (fields) => {
  const value = optionalInteger(fields, 'code', 1000);
  if (value === undefined) return undefined;
  const isSendable = value <= 1003 || (value >= 1006 && value <= 1014) || (value >= 3000 && value <= 4999);
  if (!isSendable) throw new InputError('"code" must be a close code: 1000–1003, 1006–1014 or 3000–4999');
  return value;
};
const after: Reader = (fields) => optionalInteger(fields, 'after');
const times: Reader = (fields) => optionalInteger(fields, 'times');
const types: Reader = (fields) => optionalStrings(fields, 'types');
const path: Reader = (fields) => optionalString(fields, 'path');
const requiredMs: Reader = (fields) => {
  const value = optionalNumber(fields, 'ms');
  if (value === undefined) throw new InputError('"ms" is required: milliseconds');
  return value;
};
const status: Reader = (fields) => {
  const value = optionalInteger(fields, 'status', 400);
  if (value === undefined || value > 599) throw new InputError('"status" must be an HTTP status from 400 to 599');
  return value;
};
const resumable: Reader = (fields) => optionalBoolean(fields, 'resumable') ?? false;

/** The parameters of each kind; anything else in a request is refused, so that a typing error cannot pass for a fault. */
const PARAMETERS: Readonly<Record<FaultKind, Readonly<Record<string, Reader>>>> = {
  drop: { code, after },
  expire_session: { code, after },
  reconnect: { after },
  heartbeat_request: { after },
  invalid_session: { resumable, after },
  no_ack: { times },
  ignore_resume: { times },
  refuse_resume: { code, times },
  refuse_identify: { code, times },
  duplicate: { types, times },
  lose: { types, times },
  reorder: { types, times, distance: (fields) => optionalInteger(fields, 'distance', 1) },
  delay: { types, times, ms: requiredMs },
  rest: {
    status,
    path,
    times,
    retry_after: (fields) => optionalNumber(fields, 'retry_after'),
    global: (fields) => optionalBoolean(fields, 'global'),
  },
  rest_delay: { ms: requiredMs, path, times, answered: (fields) => optionalBoolean(fields, 'answered') },
  hide_channel: { channel: (fields) => requireName(fields, 'channel') },
  strip_content: {},
  guild_outage: { guild: (fields) => optionalString(fields, 'guild'), ms: (fields) => optionalNumber(fields, 'ms') },
  lying_headers: {},
};

export const FAULT_KINDS = Object.keys(PARAMETERS);

/** Reads a fault from a control request. @throws InputError naming the parameter that is wrong. */
export function parseFault(fields: Fields): FaultSpec {
  const kind = requireName(fields, 'kind');
  if (!isFaultKind(kind)) throw new InputError(`unknown kind "${kind}"; there are: ${FAULT_KINDS.join(', ')}`);
  const readers = PARAMETERS[kind];
  for (const name of Object.keys(fields)) {
    if (name === 'kind' || name in readers) continue;
    const known = Object.keys(readers).join(', ') || 'none';
    throw new InputError(`unknown parameter "${name}" for the fault "${kind}"; its parameters: ${known}`);
  }
  const read = Object.entries(readers).map(([name, reader]) => [name, reader(fields)] as const);
  const spec: unknown = { kind, ...Object.fromEntries(read.filter(([, value]) => value !== undefined)) };
  if (!isFaultSpec(spec)) throw new InputError(`the fault "${kind}" is incomplete`);
  return spec;
}

function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(PARAMETERS, kind);
}

// The readers above have checked every parameter that the type of this kind names.
function isFaultSpec(spec: unknown): spec is FaultSpec {
  return typeof spec === 'object' && spec !== null && 'kind' in spec;
}
