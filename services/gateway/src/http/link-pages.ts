import type { MessagePage, MessageQuery } from '@dms/event-log';
import type { Request, Response } from 'express';

const CURSORS = ['before', 'after', 'around'];

/** RFC 8288 links to the pages beside this one: `next` is older, `prev` newer, as a reader of history turns them. Relative to
 *  the address that was asked, whatever proxies made of it on the way. */
export function linkPages(req: Request, res: Response, { cursor }: MessageQuery, page: MessagePage): void {
  const [newest, oldest] = [page.messages[0], page.messages.at(-1)];
  if (newest === undefined || oldest === undefined) return;
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
    ...(hasOlder ? [link('next', 'before', oldest.id)] : []),
    ...(hasNewer ? [link('prev', 'after', newest.id)] : []),
  ];
  if (links.length > 0) res.setHeader('Link', links.join(', '));
}
