import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';

/** Discord's own: pictures of others come through its proxies, so that nobody learns who reads here. */
const DISCORD_MEDIA = ['https://cdn.discordapp.com', 'https://*.discordapp.net'];

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
        imgSrc: ["'self'", 'data:', ...DISCORD_MEDIA],
        mediaSrc: DISCORD_MEDIA,
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

/** For what has nothing to click: any site may show it in a frame. */
export function allowAnyFrame(res: Response): void {
  res.removeHeader('X-Frame-Options');
  const policy = String(res.getHeader('Content-Security-Policy') ?? '');
  res.setHeader('Content-Security-Policy', policy.replace(/frame-ancestors [^;]*/, 'frame-ancestors *'));
}
