import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Router } from 'express';
import { addJsonRoute } from '../json-route.ts';
import { refuseMethod, requireNoParameters } from '../request-guards.ts';
import { createAsyncApiDocument } from './asyncapi.ts';
import { createOpenApiDocument } from './openapi.ts';

/** `/openapi.json`, `/asyncapi.json`, and `/docs`, which shows them. Open to everybody: they say nothing that the source does not.
 *  @throws when the page cannot be read */
export function addDocumentRoutes(router: Router, publicDirectory: string): void {
  const openApi = JSON.stringify(createOpenApiDocument());
  const asyncApi = JSON.stringify(createAsyncApiDocument());
  const page = readFileSync(join(publicDirectory, 'docs.html'));

  addJsonRoute(router, '/openapi.json', async (req) => {
    requireNoParameters(req);
    return openApi;
  });
  addJsonRoute(router, '/asyncapi.json', async (req) => {
    requireNoParameters(req);
    return asyncApi;
  });
  router
    .route('/docs')
    .get((_req, res) => {
      res.set('Cache-Control', 'no-cache').type('html').send(page);
    })
    .all(refuseMethod);
}
