import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MAX_QUERY_MESSAGES, type MessageStore, type StoredMessageRow } from '@dms/event-log';
import { compareSnowflakes } from '@dms/protocol';
import type { Router } from 'express';
import type { Access } from '../../access/access.ts';
import { badParameters, HttpProblem } from '../problem.ts';
import { readLog } from '../read-log.ts';
import { queryPairs, refuseMethod, requireScope } from '../request-guards.ts';
import { type ExportQuery, parseExportQuery } from './export-query.ts';

/** Each holds a page in memory and keeps the database busy (I9). */
const MAX_CONCURRENT_EXPORTS = 4;
const RETRY_AFTER_SECONDS = 10;
/** A reader that takes no byte for this long gives its place back. */
const IDLE_TIMEOUT_MS = 60_000;

/** The messages asked for, in id order, page after page. Each page is read when the one before has been taken. */
async function* readPages(log: MessageStore, query: ExportQuery): AsyncGenerator<readonly StoredMessageRow[]> {
  for (let after = query.after; ; ) {
    const read = log.messages({ ...query.scope, cursor: { kind: 'after', id: after }, limit: MAX_QUERY_MESSAGES });
    const { messages, hasMore } = await readLog(read);
    const inOrder = messages.toReversed();
    const wanted = inOrder.filter(({ id }) => compareSnowflakes(id, query.before) < 0);
    if (wanted.length > 0) yield wanted;
    const last = inOrder.at(-1);
    if (!hasMore || last === undefined || wanted.length < inOrder.length) return;
    after = last.id;
  }
}

/** Nobody is there to be told. */
const hasReaderLeft = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/** `/export`: the filtered history in id order, in bounded memory however long it is. What is written or deleted while it runs is
 *  in it or not, depending on how far it has come. An export that breaks off is cut, never ended as if it were whole. */
export function addExportRoute(router: Router, log: MessageStore, access: Access): void {
  let running = 0;

  async function* writeDown(
    { format }: ExportQuery,
    first: IteratorResult<readonly StoredMessageRow[], unknown>,
    pages: AsyncGenerator<readonly StoredMessageRow[]>,
  ): AsyncGenerator<string> {
    if (format.start !== '') yield format.start;
    let isFirst = true;
    for (let next = first; next.done !== true; next = await pages.next()) {
      yield format.chunk(next.value, isFirst);
      isFirst = false;
    }
    if (format.end !== '') yield format.end;
  }

  router
    .route('/export')
    .get(async (req, res) => {
      const key = requireScope(access, req, 'read');
      const parsed = parseExportQuery(queryPairs(req.url), key.channels);
      if (!parsed.ok) throw badParameters(parsed.problems);
      if (running >= MAX_CONCURRENT_EXPORTS) {
        const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
        throw new HttpProblem(503, `${MAX_CONCURRENT_EXPORTS} exports are running here. Try again later.`, { headers });
      }
      running += 1;
      try {
        const query = parsed.value;
        const pages = readPages(log, query);
        // Before anything is answered, so that a database that is away is a 503 and not a broken answer.
        const first = await pages.next();
        res.set({
          'Cache-Control': 'private, no-store',
          'Content-Type': query.format.contentType,
          'Content-Disposition': `attachment; filename="messages.${query.format.extension}"`,
          'X-Accel-Buffering': 'no',
        });
        if (req.method === 'HEAD') {
          res.end();
          return;
        }
        res.setTimeout(IDLE_TIMEOUT_MS, () => res.destroy());
        await pipeline(Readable.from(writeDown(query, first, pages), { highWaterMark: 1 }), res);
      } catch (error) {
        if (!hasReaderLeft(error)) throw error;
      } finally {
        running -= 1;
      }
    })
    .all(refuseMethod);
}
