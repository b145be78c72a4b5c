import { readdirSync } from 'node:fs';
import { type RequestHandler, Router, static as serveStatic } from 'express';
import { refuseMethod } from './request-guards.ts';
import { allowAnyFrame } from './security-headers.ts';

/** Addresses that are not the name of their file. */
const FILE_OF: Readonly<Record<string, string>> = { '/': '/index.html', '/overlay': '/overlay.html' };
/** What the viewer asks about its server. */
const SETTINGS_PATH = '/viewer.json';

export interface PageSettings {
  /** Whether the viewer offers what only a simulated Discord can do. */
  readonly isDemo: boolean;
}

/** The viewer at `/`, the overlay, the widget's script, and their files. Names are read once, so that no other request touches
 *  the disk. @throws when `directory` cannot be read */
export function createPage(directory: string, { isDemo }: PageSettings): Router {
  const router = Router({ caseSensitive: true });
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const known = new Set([
    ...Object.keys(FILE_OF),
    SETTINGS_PATH,
    ...names.map((name) => `/${name.replaceAll('\\', '/')}`),
  ]);
  const serveFile = serveStatic(directory, {
    fallthrough: true,
    redirect: false,
    // Asked again each time, answered 304: a new version shows at once.
    setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache'),
  });
  const serve: RequestHandler = (req, res, next) => {
    if (req.path === SETTINGS_PATH) return void res.set('Cache-Control', 'no-cache').json({ demo: isDemo });
    if (req.path === '/overlay') allowAnyFrame(res);
    // Any website may name it, also as a module, which is fetched with CORS.
    if (req.path === '/embed.js') res.setHeader('Access-Control-Allow-Origin', '*');
    const file = FILE_OF[req.path];
    if (file !== undefined) req.url = `${file}${req.url.slice(req.path.length)}`;
    serveFile(req, res, next);
  };
  router.use((req, res, next) => {
    if (!known.has(req.path)) next();
    else if (req.method === 'GET' || req.method === 'HEAD') serve(req, res, next);
    else refuseMethod(req, res, next);
  });
  return router;
}
