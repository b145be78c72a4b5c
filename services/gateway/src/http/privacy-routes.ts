import type { ErasureRecord, OptOutRecord, PrivacyStore } from '@dms/event-log';
import type { Erasure, OptOut, OptOutPage } from '@dms/protocol';
import type { Request, Response, Router } from 'express';
import type { Access } from '../access/access.ts';
import { badParameters, HttpProblem } from './problem.ts';
import { erasureQuerySchema, optOutsQuerySchema, parseParameters } from './query-schemas.ts';
import { readLog } from './read-log.ts';
import {
  queryPairs,
  refuseOtherMethods,
  requireNoBody,
  requireNoParameters,
  requireUnboundScope,
} from './request-guards.ts';
import type { HttpLogger } from './views.ts';
import { requireId } from './visibility.ts';

const MAX_PAGE = 100;
const ERASURE_DETAIL =
  'Since this was requested nothing that the user wrote before is stored; what was stored is gone when state is done.';
const OPT_OUT_DETAIL =
  'Since opted_out_at nothing of this user is stored; what was stored before is gone when erasure.state is done.';

export interface PrivacyRoutes {
  readonly log: PrivacyStore;
  readonly access: Access;
  readonly logger: HttpLogger;
}

/** `/admin/erasures` and `/admin/opt-outs`: what is asked for here binds every writer of the log from the answer on, and is
 *  done by the one ingester that leads. */
export function addPrivacyRoutes(router: Router, { log, access, logger }: PrivacyRoutes): void {
  /** Returns the name of the key, for the log. */
  const requireAdmin = (req: Request): string => requireUnboundScope(access, req, 'admin').name;

  router
    .route('/admin/erasures')
    .post(async (req, res) => {
      const by = requireAdmin(req);
      requireNoBody(req);
      const erasure = await readLog(log.requestErasure(requireUser(req)));
      logger.info('erasure requested', { erasureId: erasure.id, by });
      res.setHeader('Location', `/admin/erasures/${erasure.id}`);
      sendJson(res.status(202), erasureObject(erasure));
    })
    .all(refuseOtherMethods('POST'));

  router
    .route('/admin/erasures/:id')
    .get(async (req, res) => {
      requireAdmin(req);
      requireNoParameters(req);
      const erasure = await readLog(log.erasure(requireId(req.params)));
      if (erasure === null) throw new HttpProblem(404, 'No such erasure was requested.');
      sendJson(res, erasureObject(erasure));
    })
    .all(refuseOtherMethods('GET', 'HEAD'));

  router
    .route('/admin/opt-outs')
    .get(async (req, res) => {
      requireAdmin(req);
      const found = await readLog(log.optOuts(requireAfter(req), MAX_PAGE + 1));
      const page: OptOutPage = {
        opt_outs: found.slice(0, MAX_PAGE).map(optOutObject),
        has_more: found.length > MAX_PAGE,
      };
      sendJson(res, page);
    })
    .all(refuseOtherMethods('GET', 'HEAD'));

  router
    .route('/admin/opt-outs/:id')
    .get(async (req, res) => {
      requireAdmin(req);
      requireNoParameters(req);
      const optOut = await readLog(log.findOptOut(requireId(req.params)));
      if (optOut === null) throw new HttpProblem(404, NOT_OPTED_OUT);
      sendJson(res, optOutObject(optOut));
    })
    .put(async (req, res) => {
      const by = requireAdmin(req);
      requireNoBody(req);
      requireNoParameters(req);
      const optOut = await readLog(log.optOut(requireId(req.params)));
      logger.info('opt-out recorded', { erasureId: optOut.erasure.id, by });
      sendJson(res, optOutObject(optOut));
    })
    .delete(async (req, res) => {
      const by = requireAdmin(req);
      requireNoBody(req);
      requireNoParameters(req);
      if (!(await readLog(log.optIn(requireId(req.params))))) throw new HttpProblem(404, NOT_OPTED_OUT);
      logger.info('opt-out taken back', { by });
      res.status(204).end();
    })
    .all(refuseOtherMethods('GET', 'HEAD', 'PUT', 'DELETE'));
}

const NOT_OPTED_OUT = 'This user has not opted out.';

function sendJson(res: Response, body: Erasure | OptOut | OptOutPage): void {
  res.setHeader('Cache-Control', 'no-store');
  res.type('application/json').send(JSON.stringify(body));
}

function requireUser(req: Request): string {
  const parsed = parseParameters(queryPairs(req.url), erasureQuerySchema);
  if (!parsed.ok) throw badParameters(parsed.problems);
  return parsed.value.user_id;
}

function requireAfter(req: Request): string {
  const parsed = parseParameters(queryPairs(req.url), optOutsQuerySchema);
  if (!parsed.ok) throw badParameters(parsed.problems);
  return parsed.value.after;
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

const erasureObject = (erasure: ErasureRecord): Erasure => ({
  id: erasure.id,
  user_id: erasure.userId,
  state: erasure.doneAtMs === null ? 'pending' : 'done',
  requested_at: rfc3339(erasure.requestedAtMs),
  done_at: erasure.doneAtMs === null ? null : rfc3339(erasure.doneAtMs),
  messages: erasure.messages,
  redactions: erasure.redactions,
  dead_letters: erasure.deadLetters,
  detail: ERASURE_DETAIL,
});

const optOutObject = ({ userId, optedOutAtMs, erasure }: OptOutRecord): OptOut => ({
  user_id: userId,
  opted_out_at: rfc3339(optedOutAtMs),
  erasure: erasureObject(erasure),
  detail: OPT_OUT_DETAIL,
});
