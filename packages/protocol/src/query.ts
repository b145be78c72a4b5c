import { type FilterInput, filterSchema } from './filter.ts';
import type { ParameterProblem } from './problem.ts';
import { parseSince, type Since } from './since.ts';

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly ParameterProblem[] };

export interface StreamQuery {
  readonly filter: FilterInput;
  readonly since: Since;
}

const FILTER_PARAMETERS: ReadonlySet<string> = new Set(Object.keys(filterSchema.shape));

/** Collects parameters that may appear once each; a repeat or an unknown name is a problem, never silently ignored. */
export function readParameters(
  pairs: Iterable<readonly [string, string]>,
  known: ReadonlySet<string>,
): Parsed<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  const problems: ParameterProblem[] = [];
  for (const [name, value] of pairs) {
    if (!known.has(name)) problems.push({ parameter: name, detail: 'is not a parameter of this route' });
    else if (values.has(name)) problems.push({ parameter: name, detail: 'is given twice; use a comma-separated list' });
    else values.set(name, value);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: values };
}

/** Validates the filter part of a query. Lists are comma-separated. */
export function parseFilterParameters(values: ReadonlyMap<string, string>): Parsed<FilterInput> {
  const lists: Record<string, string[]> = {};
  for (const [name, value] of values) if (FILTER_PARAMETERS.has(name)) lists[name] = value.split(',');
  return parseFilterObject(lists);
}

/** What the schema must not even be shown: zod compares the `length` of whatever stands where a list belongs, and throws when that
 *  is an object that has no number to it. */
function findNonLists(input: unknown): readonly ParameterProblem[] {
  if (typeof input !== 'object' || input === null) return [];
  return Object.entries(input)
    .filter(([name, value]) => FILTER_PARAMETERS.has(name) && value !== undefined && !Array.isArray(value))
    .map(([parameter]) => ({ parameter, detail: 'must be a list' }));
}

/** Validates a filter given as an object of lists, as SUBSCRIBE sends it. Never throws: a client may send anything. */
export function parseFilterObject(input: unknown): Parsed<FilterInput> {
  const nonLists = findNonLists(input);
  if (nonLists.length > 0) return { ok: false, problems: nonLists };
  const result = filterSchema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    problems: result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ parameter: key, detail: 'is not part of the filter grammar' }))
        : [{ parameter: String(issue.path[0] ?? 'filter'), detail: issue.message }],
    ),
  };
}

/** The filter grammar plus `since`. */
export const STREAM_PARAMETERS: ReadonlySet<string> = new Set([...FILTER_PARAMETERS, 'since']);

/** The query of `/ws`. Names every wrong parameter. */
export function parseStreamQuery(pairs: Iterable<readonly [string, string]>, nowMs: number): Parsed<StreamQuery> {
  const parameters = readParameters(pairs, STREAM_PARAMETERS);
  return parameters.ok ? parseStreamParameters(parameters.value, nowMs) : parameters;
}

/** What all streaming doors have in common; other parameters are left to the caller. `since` defaults to `latest`. */
export function parseStreamParameters(values: ReadonlyMap<string, string>, nowMs: number): Parsed<StreamQuery> {
  const filter = parseFilterParameters(values);
  const since = parseSince(values.get('since') ?? 'latest', nowMs);
  const sinceProblem = {
    parameter: 'since',
    detail: 'must be a position, "latest", "all", an RFC 3339 time or a duration such as 10m',
  };
  if (since === null) return { ok: false, problems: [...(filter.ok ? [] : filter.problems), sinceProblem] };
  return filter.ok ? { ok: true, value: { filter: filter.value, since } } : filter;
}
