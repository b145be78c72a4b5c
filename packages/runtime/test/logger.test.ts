import { Writable } from 'node:stream';
import { createLogger, type LogFormat, type Logger, type LogLevel } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';

const CANARY = 'canary-4f1d';
const ESCAPE = '\u001b';

function capture(
  format: LogFormat,
  level: LogLevel = 'info',
): { readonly logger: Logger; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { logger: createLogger({ service: 'test', level, format, stream }), text: () => chunks.join('') };
}

describe('createLogger', () => {
  it('writes one JSON object per line: time, level, service, event, then the fields', () => {
    const { logger, text } = capture('json');
    logger
      .child({ port: 1, host: 'a' })
      .warn('listening', { port: 3000, level: 'x', at: new Date(0), none: undefined });
    expect(text()).toMatch(
      /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warn","service":"test","event":/,
    );
    expect(text().split('\n')).toHaveLength(2);
    expect(JSON.parse(text())).toEqual({
      time: expect.any(String),
      level: 'warn',
      service: 'test',
      event: 'listening',
      port: 3000,
      host: 'a',
      level_: 'x',
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('leaves out what is below the level', () => {
    const { logger, text } = capture('json', 'warn');
    logger.info('quiet');
    logger.debug('quiet');
    logger.error('loud');
    expect(text().match(/event/g)).toHaveLength(1);
  });

  it('spells errors out, with the stack only at debug', () => {
    const error = Object.assign(new Error('refused', { cause: new TypeError('inner') }), { code: 'ECONNREFUSED' });
    const atInfo = capture('json');
    atInfo.logger.error('failed', { error });
    expect(JSON.parse(atInfo.text())).toMatchObject({
      error: {
        name: 'Error',
        message: 'refused',
        code: 'ECONNREFUSED',
        cause: { name: 'TypeError', message: 'inner' },
      },
    });
    expect(atInfo.text()).not.toContain('logger.test');
    const atDebug = capture('json', 'debug');
    atDebug.logger.error('failed', { error });
    expect(atDebug.text()).toContain('logger.test');
  });

  it.each(['json', 'readable'] as const)('never prints secrets or content (%s)', (format) => {
    const { logger, text } = capture(format, 'debug');
    const token = `MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.GabcdE.${CANARY}abcdefghijklmnopqrstuvwxyz`;
    logger.info('secrets by name', {
      token: CANARY,
      DISCORD_TOKEN: CANARY,
      apiKey: CANARY,
      Authorization: `Bearer ${CANARY}`,
      databaseUrl: `postgresql://u:${CANARY}@db/x`,
      content: CANARY,
      headers: { 'x-api-key': CANARY, cookie: [CANARY] },
    });
    logger.info('secrets in text', {
      reason: `cannot reach redis://user:${CANARY}@redis:6379`,
      error: new Error(`Bot ${CANARY}-${CANARY} refused`, { cause: new Error(token) }),
    });
    expect(text()).not.toContain(CANARY);
    expect(text()).toContain('[redacted]');
    expect(text()).toContain('redis:6379');
  });

  it.each(['json', 'readable'] as const)('lets no value break the line or reach the terminal (%s)', (format) => {
    const { logger, text } = capture(format);
    const hostile = `a\r\nfake line ${ESCAPE}[2J\u009b31m\u202e\u2028`;
    logger.info(hostile, { [hostile]: hostile });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not appear.
    expect(text().slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(text()).toContain('\\u001b[2J');
  });

  it('prints readable lines without colours when the output is no terminal', () => {
    const { logger, text } = capture('readable');
    logger.info('listening', { port: 3000, host: '127.0.0.1', note: 'two words' });
    expect(text()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}test: listening port=3000 host=127\.0\.0\.1 note="two words"\n$/,
    );
  });

  it('survives values that cannot be printed and cuts long ones', () => {
    const { logger, text } = capture('json');
    const loop: Record<string, unknown> = { big: 10n, run: () => 1, bytes: Buffer.alloc(9) };
    loop.self = loop;
    logger.info('odd', { loop, long: 'x'.repeat(100_000), items: Array.from({ length: 1_000 }, () => 1) });
    expect(text().length).toBeLessThan(4_000);
    expect(JSON.parse(text())).toMatchObject({ loop: { big: '10', run: '[function]', bytes: '[9 bytes]' } });
  });
});
