import type { Request, Response, Router } from 'express';
import { refuseMethod } from './request-guards.ts';

/** Answers GET and HEAD at `path` with JSON text that `answer` already has in hand, and every other method with 405.
 *  `answer` throws HttpProblem for any other outcome. */
export function addJsonRoute(
  router: Router,
  path: string,
  answer: (req: Request, res: Response) => Promise<string>,
): void {
  router
    .route(path)
    .get(async (req, res) => {
      const json = await answer(req, res);
      // Deletes must be seen: a cache may keep an answer but has to ask before it repeats it.
      if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'private, no-cache');
      res.type('application/json').send(json);
    })
    .all(refuseMethod);
}
