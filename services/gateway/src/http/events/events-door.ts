import { randomUUID } from 'node:crypto';
import {
  CloseCode,
  createFilter,
  type Filter,
  formatPosition,
  MAX_IDS_PER_PARAMETER,
  MAX_TYPES_PER_FILTER,
  POSITION_INTERVAL_MS,
  type Position,
} from '@dms/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { Access } from '../../access/access.ts';
import type { Doorkeeper, StreamAdmission } from '../../access/admission.ts';
import { type Connection, sendPosition } from '../../fan-out/connection.ts';
import type { Hub } from '../../fan-out/hub.ts';
import {
  checkLiveness,
  createVitals,
  type LivenessLimits,
  noteBlocked,
  STALLED_MS,
  type Vitals,
} from '../../fan-out/liveness.ts';
import { SWEEP_INTERVAL_MS, startSweep } from '../../fan-out/sweep.ts';
import { createTenure, passTenure, type Tenure } from '../../fan-out/tenure.ts';
import { type AttachDeps, type Attachment, attach } from '../../feed/attach.ts';
import type { AttachCounts } from '../../feed/attach-counts.ts';
import { badParameters, HttpProblem } from '../problem.ts';
import { queryPairs, requireScope } from '../request-guards.ts';
import { chooseFormat } from './choose-format.ts';
import { type EventsPage, openEventsPage } from './events-page.ts';
import { type EventsQuery, parseEventsQuery } from './events-query.ts';
import { ResponseTransport } from './response-transport.ts';
import { comeBackLater, type MoveReason, ndjsonFormat, type StreamFormat, sseFormat } from './stream-formats.ts';

const RETRY_AFTER_SECONDS = 2;
/** Nothing comes from the client once it has asked, so it is neither pinged nor counted. */
const LIVENESS: LivenessLimits = {
  heartbeatIntervalMs: Number.MAX_SAFE_INTEGER,
  pongTimeoutMs: Number.MAX_SAFE_INTEGER,
  positionIntervalMs: POSITION_INTERVAL_MS - SWEEP_INTERVAL_MS,
  stalledMs: STALLED_MS,
  inboundFramesPerMinute: 0,
};
const STREAM_HEADERS = {
  'Cache-Control': 'no-store, no-transform',
  // nginx would collect the stream before passing it on.
  'X-Accel-Buffering': 'no',
};

/** `GET /events`: the log as Server-Sent Events, as NDJSON, or page by page. */
export interface EventsDoor {
  readonly handle: RequestHandler;
  /** Lets every client go elsewhere, each in its own slot within `windowMs`: what waits is answered, NDJSON readers are asked to
   *  open a new stream first (op 7), SSE streams end, and the browser comes back with its Last-Event-ID. */
  askToMove(windowMs: number): void;
  /** Stops the sweep; the caller drops the hub's connections. */
  close(): void;
}

export interface EventsDoorDeps extends AttachDeps {
  readonly hub: Hub;
  readonly access: Access;
  readonly doorkeeper: Doorkeeper;
  readonly attaches: Pick<AttachCounts, 'note'>;
  /** After which a client is asked to move, at random up to a fifth earlier; 0 = never. */
  readonly maxConnectionAgeMs: number;
  /** How long it then may take. */
  readonly moveGraceMs: number;
}

type Place = Extract<StreamAdmission, { readonly ok: true }>;

type Start = Pick<Extract<Attachment, { readonly kind: 'attached' }>, 'cursor' | 'isResumed'>;

interface StreamSession {
  readonly connection: Connection;
  readonly transport: ResponseTransport;
  readonly vitals: Vitals;
  readonly tenure: Tenure;
  readonly place: Place;
}

/** 'close' follows. */
const ignore = (): void => {};

function requireQuery(req: Request): EventsQuery {
  const parsed = parseEventsQuery(queryPairs(req.url), req.get('Last-Event-ID'), Date.now());
  if (parsed.ok) return parsed.value;
  throw badParameters(parsed.problems);
}

const unreadable = (): HttpProblem =>
  new HttpProblem(503, 'The log cannot be read now; your position stays valid.', {
    headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  });

export function createEventsDoor(deps: EventsDoorDeps): EventsDoor {
  const { feed, hub, access, doorkeeper, attaches, maxConnectionAgeMs, moveGraceMs } = deps;
  const streams = new Set<StreamSession>();
  const pages = new Set<EventsPage>();

  const admit = async (req: Request, res: Response): Promise<Place> => {
    const admission = await doorkeeper.admit(req);
    if (!admission.ok) {
      const headers = { 'Retry-After': String(admission.retryAfterSeconds) };
      throw new HttpProblem(admission.status, `${admission.detail}.`, { type: `/problems/${admission.slug}`, headers });
    }
    if (res.destroyed) admission.release();
    else res.once('close', admission.release);
    return admission;
  };

  const move = ({ transport, place }: StreamSession, afterMs: number, reason: MoveReason): void => {
    transport.askToMove(afterMs, reason);
    place.release();
  };

  /** @throws HttpProblem 410 when the position does not continue, 503 when nobody can say */
  const requireStart = (attachment: Attachment): Start => {
    if (attachment.kind === 'unavailable') throw unreadable();
    const { cursor, reason } = attachment;
    if (reason === null) return attachment;
    const detail = 'The stream cannot continue there. Read the history again, and go on from position.';
    const extensions = { reason, oldest: formatPosition(feed.oldest), position: formatPosition(cursor) };
    throw new HttpProblem(410, detail, { type: '/problems/position-gone', extensions });
  };

  const answerPage = async (filter: Filter, cursor: Position, waitMs: number, res: Response): Promise<void> => {
    const page = openEventsPage(deps, filter, cursor, waitMs);
    pages.add(page);
    res.once('close', page.finish);
    const json = await page.json;
    pages.delete(page);
    if (res.destroyed) return;
    if (json === null) throw unreadable();
    res.set('Cache-Control', 'no-store').type('application/json').send(json);
  };

  const openStream = (
    format: StreamFormat,
    filter: Filter,
    { cursor, isResumed }: Start,
    res: Response,
    place: Place,
  ): void => {
    const id = randomUUID();
    const greeting = format.greet({
      connectionId: id,
      position: cursor,
      oldest: feed.oldest,
      resumed: isResumed,
      reason: null,
      heartbeatIntervalMs: POSITION_INTERVAL_MS,
      limits: { ids_per_parameter: MAX_IDS_PER_PARAMETER, types: MAX_TYPES_PER_FILTER },
    });
    res.status(200).set(STREAM_HEADERS).setHeader('Content-Type', format.contentType);
    res.write(greeting);
    const transport = new ResponseTransport(res, format);
    const connection = hub.join(id, transport, filter, cursor);
    const session: StreamSession = {
      connection,
      transport,
      vitals: createVitals(performance.now(), LIVENESS.heartbeatIntervalMs, 0),
      tenure: createTenure(performance.now(), maxConnectionAgeMs, Math.random()),
      place,
    };
    streams.add(session);
    res.on('error', ignore);
    res.on('drain', () => {
      session.vitals.heardAtMs = performance.now();
      hub.resume(connection);
    });
    res.once('close', () => {
      streams.delete(session);
      transport.release();
      hub.leave(connection);
    });
  };

  const sweep = startSweep(
    () => streams,
    (session, nowMs) => {
      const { connection, transport, vitals, tenure } = session;
      const due = passTenure(tenure, nowMs, moveGraceMs);
      if (due === 'ask') move(session, 0, 'max_age');
      if (due === 'end') {
        return hub.drop(connection, CloseCode.ServiceRestart, 'max_age', 'Open for long enough; go on elsewhere.');
      }
      noteBlocked(vitals, transport.isBlocked, nowMs);
      const action = checkLiveness(vitals, nowMs, LIVENESS);
      if (action === 'send-position') {
        vitals.positionSentAtMs = nowMs;
        sendPosition(connection, feed.last);
      } else if (action === 'close-stalled') {
        hub.leave(connection);
        transport.terminate();
      }
    },
  );

  return {
    async handle(req, res) {
      const key = requireScope(access, req, 'read');
      const query = requireQuery(req);
      const format = chooseFormat(req, query);
      res.vary('Accept');
      if (req.method === 'HEAD') {
        res.set(STREAM_HEADERS).end();
        return;
      }
      const filter = createFilter(query.filter, key.channels);
      try {
        const place = await admit(req, res);
        // No await from here to the hub: the place in the log is only sure now.
        const attachment = await attach(query.since, deps);
        attaches.note(query.since, attachment);
        const start = requireStart(attachment);
        if (res.destroyed) return;
        if (format === 'poll') await answerPage(filter, start.cursor, query.waitMs, res);
        else openStream(format === 'sse' ? sseFormat : ndjsonFormat, filter, start, res, place);
      } catch (error) {
        const isComingBack = format === 'sse' && req.get('Last-Event-ID') !== undefined;
        if (!isComingBack || !(error instanceof HttpProblem) || error.status !== 503) throw error;
        res.set(STREAM_HEADERS).setHeader('Content-Type', sseFormat.contentType);
        res.end(comeBackLater(error.message));
      }
    },
    askToMove(windowMs) {
      for (const page of pages) page.finish();
      const slotMs = windowMs / Math.max(1, streams.size);
      let slot = 0;
      for (const session of streams) {
        move(session, Math.round(slot * slotMs), 'drain');
        slot += 1;
      }
    },
    close() {
      sweep.stop();
    },
  };
}
