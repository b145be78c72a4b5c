import cors from 'cors';
import type { RequestHandler } from 'express';
import type { IsAllowedOrigin } from '../access/origin.ts';
import { HttpProblem } from './problem.ts';

const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** CORS by the same decision as the WebSocket upgrade. A refused origin gets 403 instead of an answer that only the browser
 *  withholds. Allowed origins are reflected, without credentials: there are no cookies to ride on. */
export function createCrossOrigin(isAllowedOrigin: IsAllowedOrigin): RequestHandler {
  const allow = cors({
    origin: true,
    methods: ['GET', 'HEAD', 'OPTIONS'],
    allowedHeaders: ['Authorization', 'X-API-Key', 'X-Request-Id', 'Last-Event-ID', 'If-None-Match'],
    exposedHeaders: ['Link', 'ETag', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  });
  return (req, res, next) => {
    if (isAllowedOrigin(req.headers.origin, req.headers.host)) return allow(req, res, next);
    res.vary('Origin');
    const detail = 'This origin may not read here. The operator can add it to ALLOWED_ORIGINS.';
    next(new HttpProblem(403, detail, { type: '/problems/origin-not-allowed' }));
  };
}
