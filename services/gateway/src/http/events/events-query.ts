import { type Parsed, parsePosition, parseSince, type StreamQuery } from '@dms/protocol';
import { eventsQuerySchema, parseParameters } from '../query-schemas.ts';

/** `poll` is one page, as JSON. */
export const EVENTS_FORMATS = ['ndjson', 'sse', 'poll'] as const;
export type EventsFormat = (typeof EVENTS_FORMATS)[number];

const NAMED_FORMATS = { ndjson: 'ndjson', sse: 'sse', json: 'poll' } as const;

export interface EventsQuery extends StreamQuery {
  /** Null when the query names none: the `Accept` header decides. */
  readonly format: EventsFormat | null;
  /** How long a page without events may wait for one. */
  readonly waitMs: number;
}

/** The query of `/events`. `lastEventId` is the header of that name: it wins over `since`, because a browser that reconnects
 *  repeats the URL it was given once. Names every wrong parameter. */
export function parseEventsQuery(
  pairs: Iterable<readonly [string, string]>,
  lastEventId: string | undefined,
  nowMs: number,
): Parsed<EventsQuery> {
  const parsed = parseParameters(pairs, eventsQuerySchema);
  const position = lastEventId === undefined ? null : parsePosition(lastEventId);
  if (lastEventId !== undefined && position === null) {
    const problem = { parameter: 'Last-Event-ID', detail: 'must be a position' };
    return { ok: false, problems: [problem, ...(parsed.ok ? [] : parsed.problems)] };
  }
  if (!parsed.ok) return parsed;
  const { since, format, wait, ...filter } = parsed.value;
  return {
    ok: true,
    value: {
      filter,
      since: (position === null ? parseSince(since, nowMs) : { kind: 'position', position }) ?? { kind: 'latest' },
      format: format === undefined ? null : NAMED_FORMATS[format],
      waitMs: wait * 1_000,
    },
  };
}
