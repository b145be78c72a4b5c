import { Writable } from 'node:stream';
import { createLogger, describeError, ExitError, retryUntilReady } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';

function captureLog() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { logger: createLogger({ service: 'test', level: 'info', format: 'json', stream }), lines };
}

const fast = { what: 'database', initialDelayMs: 1, maxDelayMs: 2 };

describe('retryUntilReady', () => {
  it('says one line per change of reason and one when the wait is over', async () => {
    const { logger, lines } = captureLog();
    const reasons = ['refused', 'refused', 'starting up', 'starting up', 'refused'];
    const task = async (): Promise<string> => {
      const reason = reasons.shift();
      if (reason !== undefined) throw new Error(reason);
      return 'value';
    };
    expect(await retryUntilReady(task, { ...fast, logger, signal: new AbortController().signal })).toBe('value');
    expect(lines.map((line) => JSON.parse(line)).map(({ event, reason }) => [event, reason])).toEqual([
      ['waiting for database', 'refused'],
      ['waiting for database', 'starting up'],
      ['waiting for database', 'refused'],
      ['database is ready', undefined],
    ]);
    expect(lines.join()).not.toContain('stack');
  });

  it('is silent when the first try succeeds', async () => {
    const { logger, lines } = captureLog();
    await retryUntilReady(async () => 1, { ...fast, logger, signal: new AbortController().signal });
    expect(lines).toEqual([]);
  });

  it('rejects with the reason of the signal, also in the middle of a pause', async () => {
    const { logger } = captureLog();
    const abort = new AbortController();
    const reason = new Error('told to stop');
    const waiting = retryUntilReady(() => Promise.reject(new Error('refused')), {
      what: 'database',
      logger,
      signal: abort.signal,
      initialDelayMs: 60_000,
      maxDelayMs: 60_000,
    });
    setImmediate(() => abort.abort(reason));
    await expect(waiting).rejects.toBe(reason);
  });

  it('passes on what no retry repairs', async () => {
    const { logger, lines } = captureLog();
    const fatal = new ExitError(4, 'wrong password');
    const signal = new AbortController().signal;
    await expect(retryUntilReady(() => Promise.reject(fatal), { ...fast, logger, signal })).rejects.toBe(fatal);
    expect(lines).toEqual([]);
  });
});

describe('describeError', () => {
  it.each([
    [
      new Error('\nInvalid `prisma.x()` invocation:\n\n\nCan’t reach database server at db:5432'),
      'Can’t reach database server at db:5432',
    ],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [Object.assign(new Error('too many clients'), { code: '53300' }), 'too many clients (53300)'],
    [new Error('no route to postgresql://u:p@db/x'), 'no route to postgresql://[redacted]@db/x'],
    ['text', 'text'],
    [new TypeError(''), 'TypeError'],
  ])('puts %p into one line', (error, line) => {
    expect(describeError(error)).toBe(line);
  });
});
