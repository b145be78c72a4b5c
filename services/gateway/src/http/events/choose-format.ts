import type { Request } from 'express';
import { badParameters, HttpProblem } from '../problem.ts';
import type { EventsFormat, EventsQuery } from './events-query.ts';

/** By what a client says it reads. One that reads anything, as curl does, gets the first. */
const MEDIA_TYPES: ReadonlyMap<string, EventsFormat> = new Map([
  ['application/x-ndjson', 'ndjson'],
  ['text/event-stream', 'sse'],
  ['application/json', 'poll'],
  // Somebody opened the address in a browser: a page can be looked at, an endless download cannot.
  ['text/html', 'poll'],
]);

/** The format named in the query, else what `Accept` prefers. @throws HttpProblem 400 or 406 */
export function chooseFormat(req: Request, query: EventsQuery): EventsFormat {
  const format = query.format ?? MEDIA_TYPES.get(req.accepts([...MEDIA_TYPES.keys()]) || '');
  if (format === undefined) {
    throw new HttpProblem(406, `Accept one of ${[...MEDIA_TYPES.keys()].join(', ')}, or name a format in the query.`);
  }
  if (format !== 'poll' && query.waitMs > 0) {
    throw badParameters([{ parameter: 'wait', detail: 'is for pages (format=json); a stream waits by itself' }]);
  }
  return format;
}
