import { readdirSync } from 'node:fs';
import { Router, static as serveStatic } from 'express';
import { refuseMethod } from './request-guards.ts';

/** The page at `/` and its files. Their names are read once, so that no other request touches the disk.
 *  @throws when `directory` cannot be read */
export function createPage(directory: string): Router {
  const router = Router({ caseSensitive: true });
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(
    (name) => `/${name.replaceAll('\\', '/')}`,
  );
  const known = new Set(['/', ...paths]);
  const serve = serveStatic(directory, {
    fallthrough: true,
    redirect: false,
    // Asked again each time, answered 304: a new version shows at once.
    setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache'),
  });
  router.use((req, res, next) => {
    if (!known.has(req.path)) next();
    else if (req.method === 'GET' || req.method === 'HEAD') serve(req, res, next);
    else refuseMethod(req, res, next);
  });
  return router;
}
