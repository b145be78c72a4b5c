import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createTestApp } from './fixture.ts';
import { expectProblem } from './problem-matchers.ts';

const APP_ORIGIN = 'https://app.example';
const EXPOSED = 'Link,ETag,RateLimit,RateLimit-Policy,Retry-After,X-Request-Id';
const app = createTestApp({ access: { allowedOrigins: [APP_ORIGIN] } });

describe('origins over HTTP', () => {
  it('lets a listed origin read, with the headers it needs', async () => {
    const { status, headers } = await request(app).get('/messages').set('Origin', APP_ORIGIN);
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe(APP_ORIGIN);
    expect(headers['access-control-expose-headers']).toBe(EXPOSED);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(headers.vary).toContain('Origin');
  });

  it('lets it read refusals, too', async () => {
    const response = await request(app).get('/messages?limit=0').set('Origin', APP_ORIGIN);
    expectProblem(response, 400);
    expect(response.headers['access-control-allow-origin']).toBe(APP_ORIGIN);
  });

  it('refuses any other origin, before the request does anything', async () => {
    for (const origin of ['https://evil.example', 'null', `${APP_ORIGIN}.evil.example`]) {
      const response = await request(app).get('/messages').set('Origin', origin);
      expectProblem(response, 403);
      expect(response.body.type).toBe('/problems/origin-not-allowed');
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
      expect(response.headers.vary).toContain('Origin');
    }
  });

  it('lets its own page read', async () => {
    const response = await request(app)
      .get('/messages')
      .set('Host', 'stream.lan:3000')
      .set('Origin', 'http://stream.lan:3000');
    expect(response.status).toBe(200);
  });

  it('varies by origin also where none is sent, for the sake of caches', async () => {
    const { status, headers } = await request(app).get('/messages');
    expect([status, headers['access-control-allow-origin']]).toEqual([200, undefined]);
    expect(headers.vary?.split(', ')).toContain('Origin');
  });

  it('answers a preflight with what may be asked', async () => {
    const response = await request(app)
      .options('/v1/messages')
      .set('Origin', APP_ORIGIN)
      .set('Access-Control-Request-Method', 'GET');
    expect(response.status).toBe(204);
    expect(response.headers['access-control-allow-methods']).toBe('GET,HEAD,OPTIONS');
    expect(response.headers['access-control-allow-headers']).toBe(
      'Authorization,X-API-Key,X-Request-Id,Last-Event-ID,If-None-Match',
    );
    expectProblem(await request(app).options('/v1/messages').set('Origin', 'https://evil.example'), 403);
  });

  it('reflects any origin under *', async () => {
    const open = createTestApp({ access: { allowedOrigins: ['*'] } });
    const { status, headers } = await request(open).get('/messages').set('Origin', 'https://anywhere.example');
    expect([status, headers['access-control-allow-origin']]).toEqual([200, 'https://anywhere.example']);
    expect(headers.vary?.split(', ')).toContain('Origin');
  });
});

describe('security headers', () => {
  it('work on a plain http network: nothing forces TLS, avatars load, sockets open', async () => {
    const { headers } = await request(app).get('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("img-src 'self' data: https://cdn.discordapp.com https://*.discordapp.net");
    expect(policy).toContain("connect-src 'self' ws: wss:");
    expect(policy).not.toContain('unsafe');
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });
});
