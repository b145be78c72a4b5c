import type { MessagePageText, MessageQuery } from '@dms/event-log';
import type { Request, Response } from 'express';

const CURSORS = ['before', 'after', 'around'];

/** RFC 8288 links to the pages beside this one: `next` is older, `prev` newer, as a reader of history turns them. Relative to
 *  the address that was asked, whatever proxies made of it on the way. */
export function linkPages(
  req: Request,
  res: Response,
  { cursor }: MessageQuery,
  page: Pick<MessagePageText, 'newestId' | 'oldestId' | 'hasMore'>,
): void {
  const { newestId, oldestId } = page;
  if (newestId === null || oldestId === null) return;
  const [path = '', search = ''] = req.originalUrl.split('?', 2);
  const link = (rel: string, kind: string, id: string): string => {
    const parameters = new URLSearchParams(search);
    for (const name of CURSORS) parameters.delete(name);
    parameters.set(kind, id);
    return `<${path}?${parameters}>; rel="${rel}"`;
  };
  const hasOlder = cursor.kind === 'after' || page.hasMore;
  const hasNewer = cursor.kind === 'after' ? page.hasMore : cursor.kind !== 'newest';
  const links = [
    ...(hasOlder ? [link('next', 'before', oldestId)] : []),
    ...(hasNewer ? [link('prev', 'after', newestId)] : []),
  ];
  if (links.length > 0) res.setHeader('Link', links.join(', '));
}
