import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Helmet without what breaks a viewer on a plain-http network: `upgrade-insecure-requests` and HSTS belong to whoever ends
 *  TLS, and the cross-origin isolation headers are ignored, with a console warning, on such origins. */
export function createSecurityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'https://cdn.discordapp.com', 'https://media.discordapp.net'],
        // Safari does not let 'self' cover WebSockets.
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'self'"],
      },
    },
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    // Who may read is decided by CORS; `same-origin` would also forbid what an allowed page embeds.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  });
}
