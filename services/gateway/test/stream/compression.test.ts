import { eventually, openTestConnection, type TestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { MAX_COMPRESSED_LOGS } from '../../src/fan-out/compressed-logs.ts';
import { freshIds, idsOf, type Stage, useStage } from './gateway-fixture.ts';

const start = useStage();
const isCompressed = true;
const TEXT = 'the harbour was quiet so we took the long way home and talked about boats until the rain began again ';

/** Commits one message at a time, as fast as they are served, so that streams start over in between. */
async function chat({ append, message }: Stage, ids: readonly number[]): Promise<void> {
  for (const id of ids) await append([message(id, { text: TEXT.repeat(3) + id })]);
}

interface RawClient {
  /** What was negotiated. */
  readonly extensions: string;
  /** Bytes that came. */
  read(): number;
  close(): void;
}

/** A client that offers exactly this, or nothing. */
function connectRaw(url: string, offer: string | null): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, ['dms.v1'], {
      perMessageDeflate: offer !== null,
      finishRequest: (request) => {
        if (offer !== null) request.setHeader('Sec-WebSocket-Extensions', offer);
        request.end();
      },
    });
    socket.once('error', reject);
    socket.once('upgrade', (response) =>
      resolve({
        extensions: String(response.headers['sec-websocket-extensions'] ?? ''),
        read: () => response.socket.bytesRead,
        close: () => socket.terminate(),
      }),
    );
  });
}

describe('compression', () => {
  it('I5: clients that join, lag, resume and change their filter at any moment inflate every message in order, once', async () => {
    const stage = await start({ compresses: true });
    const { url } = stage;
    const ids = freshIds(360);
    const clients: { readonly client: TestConnection; readonly expected: readonly number[] }[] = [];
    const join = async (from: number, since?: string): Promise<TestConnection> => {
      const client = await openTestConnection(url, { isCompressed, ...(since !== undefined && { since }) });
      clients.push({ client, expected: ids.slice(from) });
      return client;
    };
    const first = await join(0);
    const early = await openTestConnection(url, { isCompressed });
    for (let from = 0; from < 300; from += 30) {
      await chat(stage, ids.slice(from, from + 30));
      await first.waitForEvents(from + 30);
      if (from === 90) {
        await early.waitForEvents(120);
        early.drop();
        first.send({ op: 101, d: { channel_id: ['2'] } });
      }
      if (from === 120) first.pause();
      if (from === 120) first.resume();
      if (from === 150) await join(120, early.position);
      await join(from + 30);
    }
    await chat(stage, ids.slice(300));
    for (const { client, expected } of clients) {
      expect(idsOf(await client.waitForEvents(expected.length))).toEqual(expected);
      expect(client.violations).toEqual([]);
    }
    await Promise.all(clients.map(({ client }) => client.close()));
  });

  it('carries a chat in less than half of the bytes, with everything around it', async () => {
    const stage = await start({ compresses: true });
    const [deflating, plain] = await Promise.all([
      connectRaw(stage.url, 'permessage-deflate'),
      connectRaw(stage.url, null),
    ]);
    const witness = await openTestConnection(stage.url);
    await chat(stage, freshIds(300));
    await witness.waitForEvents(300);
    // Not one of 300 messages fits in ten bytes.
    await eventually(() => expect(deflating.read()).toBeGreaterThan(300 * 10));
    await eventually(() => expect(plain.read()).toBeGreaterThan(300 * 3 * TEXT.length));
    expect(deflating.read()).toBeLessThan(plain.read() / 2);
    for (const client of [deflating, plain, witness]) await client.close();
  });

  it.each([
    [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_no_context_takeover; server_max_window_bits=13',
    ],
    ['permessage-deflate; server_no_context_takeover', ''],
    ['permessage-deflate; server_max_window_bits=10', ''],
  ])('answers the offer %j with %j', async (offer, answer) => {
    const { url } = await start({ compresses: true });
    const { extensions, close } = await connectRaw(url, offer);
    expect(extensions.split('; ').sort()).toEqual(answer.split('; ').sort());
    close();
  });

  it('is off by default: the offer is declined', async () => {
    const { url } = await start();
    const { extensions, close } = await connectRaw(url, 'permessage-deflate');
    expect(extensions).toBe('');
    close();
  });

  it('a delete leaves nothing of the content for whoever comes later', async () => {
    const stage = await start({ compresses: true });
    const { url, append, message, remove, gateway } = stage;
    const [one = 0, two = 0, three = 0] = freshIds(3);
    const since = `${gateway.feed.last.term}:${gateway.feed.last.seq}`;
    const before = await openTestConnection(url, { isCompressed });
    await append([message(one, { text: `secret ${TEXT}` })]);
    await append([message(two, { text: `secret ${TEXT}` })]);
    await before.waitForEvents(2);
    await append([remove(one), remove(two)]);
    await append([message(three)]);
    const after = await openTestConnection(url, { isCompressed, since });
    const texts = (await after.waitForEvents(5)).map(({ text }) => text).join();
    expect(texts).not.toContain('secret');
    expect((await before.waitForEvents(5)).map(({ t }) => t).slice(2, 4)).toEqual(['MESSAGE_DELETE', 'MESSAGE_DELETE']);
    await Promise.all([before.close(), after.close()]);
  });

  it('I9: compresses for 64 filters at a time, and serves further ones plain', async () => {
    const stage = await start({ compresses: true });
    const ids = freshIds(60);
    const filterOf = (index: number): string => `2,${1_000 + index}`;
    const urlOf = (index: number): string => `${stage.url}?channel_id=${filterOf(index)}`;
    const first = await connectRaw(urlOf(0), 'permessage-deflate');
    const others = Array.from({ length: MAX_COMPRESSED_LOGS - 1 }, (_, index) => ({ channel_id: filterOf(index + 1) }));
    const clients = await Promise.all(others.map((filter) => openTestConnection(stage.url, { isCompressed, filter })));
    const late = await connectRaw(urlOf(MAX_COMPRESSED_LOGS), 'permessage-deflate');
    await chat(stage, ids);
    for (const client of clients) expect(idsOf(await client.waitForEvents(ids.length))).toEqual(ids);
    await eventually(() => expect(late.read()).toBeGreaterThan(60 * 3 * TEXT.length));
    expect(first.read()).toBeLessThan(late.read() / 2);
    for (const client of [first, late, ...clients]) await client.close();
  });
});
