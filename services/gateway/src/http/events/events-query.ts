import {
  type ParameterProblem,
  type Parsed,
  parsePosition,
  parseStreamParameters,
  readParameters,
  STREAM_PARAMETERS,
  type StreamQuery,
} from '@dms/protocol';

/** `poll` is one page, as JSON. */
export const EVENTS_FORMATS = ['ndjson', 'sse', 'poll'] as const;
export type EventsFormat = (typeof EVENTS_FORMATS)[number];

export const MAX_WAIT_SECONDS = 30;

const NAMED_FORMATS: Readonly<Record<string, EventsFormat>> = { ndjson: 'ndjson', sse: 'sse', json: 'poll' };
const EVENTS_PARAMETERS: ReadonlySet<string> = new Set([...STREAM_PARAMETERS, 'format', 'wait']);

export interface EventsQuery extends StreamQuery {
  /** Null when the query names none: the `Accept` header decides. */
  readonly format: EventsFormat | null;
  /** How long a page without events may wait for one. */
  readonly waitMs: number;
}

function parseFormat(text: string | undefined): Parsed<EventsFormat | null> {
  if (text === undefined) return { ok: true, value: null };
  const format = NAMED_FORMATS[text];
  if (format !== undefined) return { ok: true, value: format };
  const detail = `must be one of ${Object.keys(NAMED_FORMATS).join(', ')}`;
  return { ok: false, problems: [{ parameter: 'format', detail }] };
}

function parseWait(text: string | undefined): Parsed<number> {
  if (text === undefined) return { ok: true, value: 0 };
  const seconds = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_WAIT_SECONDS) return { ok: true, value: seconds * 1_000 };
  const detail = `must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`;
  return { ok: false, problems: [{ parameter: 'wait', detail }] };
}

const problemsOf = (parsed: Parsed<unknown>): readonly ParameterProblem[] => (parsed.ok ? [] : parsed.problems);

/** The query of `/events`. `lastEventId` is the header of that name: it wins over `since`, because a browser that reconnects
 *  repeats the URL it was given once. Names every wrong parameter. */
export function parseEventsQuery(
  pairs: Iterable<readonly [string, string]>,
  lastEventId: string | undefined,
  nowMs: number,
): Parsed<EventsQuery> {
  const parameters = readParameters(pairs, EVENTS_PARAMETERS);
  if (!parameters.ok) return parameters;
  const values = parameters.value;
  const stream = parseStreamParameters(values, nowMs);
  const format = parseFormat(values.get('format'));
  const wait = parseWait(values.get('wait'));
  const position = lastEventId === undefined ? null : parsePosition(lastEventId);
  if (lastEventId !== undefined && position === null) {
    const problem = { parameter: 'Last-Event-ID', detail: 'must be a position' };
    return { ok: false, problems: [problem, ...[stream, format, wait].flatMap(problemsOf)] };
  }
  if (!stream.ok || !format.ok || !wait.ok) {
    return { ok: false, problems: [stream, format, wait].flatMap(problemsOf) };
  }
  return {
    ok: true,
    value: {
      filter: stream.value.filter,
      since: position === null ? stream.value.since : { kind: 'position', position },
      format: format.value,
      waitMs: wait.value,
    },
  };
}
