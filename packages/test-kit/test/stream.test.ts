import { once } from 'node:events';
import { dispatchFrame, helloFrame, parsePosition } from '@dms/protocol';
import { checkLeaks, followStream, openTestConnection, type UpgradeRefusedError } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';

const TERM = 7;

const frameAt = (seq: number, term = TERM): string =>
  dispatchFrame({
    term,
    seq,
    type: 'MESSAGE_CREATE',
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: '3',
    messageId: '4',
    payload: `{"id":"${seq}"}`,
  });

/** A gateway reduced to what an observer sees: HELLO, then whatever the script sends. */
type Script = (socket: WebSocket, since: string | null) => void;

function hello(since: string | null, reason: 'too_old' | null = null): string {
  return helloFrame({
    connectionId: 'c',
    position: (reason === null ? parsePosition(since ?? '') : null) ?? { term: TERM, seq: reason === null ? 0 : 100 },
    oldest: { term: 0, seq: 0 },
    resumed: since !== null && reason === null,
    reason,
    heartbeatIntervalMs: 25_000,
    limits: {},
  });
}

checkLeaks();

describe('stream observers', () => {
  let server: WebSocketServer;
  let url: string;
  let script: Script;

  beforeEach(async () => {
    server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      verifyClient: ({ req }, done) => done(req.headers['x-api-key'] !== 'bad', 401, 'no'),
    });
    server.on('connection', (socket, request) =>
      script(socket, new URL(request.url ?? '', 'http://localhost').searchParams.get('since')),
    );
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `ws://127.0.0.1:${address.port}/ws`;
  });
  afterEach(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  it('keeps hello, events and position, and the reason of the close', async () => {
    script = (socket) => {
      socket.send(hello(null));
      socket.send(frameAt(1));
      socket.send('{"op":100,"p":"7:5","head":5}');
      socket.close(4020, 'too slow');
    };
    const connection = await openTestConnection(url, { filter: { channel_id: '2' } });
    expect(connection.hello).toMatchObject({ position: '7:0', resumed: false, heartbeatIntervalMs: 25_000 });
    expect(await connection.waitForEvents(1)).toMatchObject([{ t: 'MESSAGE_CREATE', s: 1, p: '7:1', d: { id: '1' } }]);
    expect(await connection.closed).toEqual({ code: 4020, reason: 'too slow' });
    expect(connection.position).toBe('7:5');
    expect(connection.violations).toEqual([]);
  });

  it('I5: notices an event that comes twice, and says so while waiting', async () => {
    script = (socket) => {
      socket.send(hello(null));
      for (const seq of [1, 2, 2]) socket.send(frameAt(seq));
    };
    const connection = await openTestConnection(url);
    await expect(connection.waitForEvents(4)).rejects.toThrow(/event 7:2 came twice\nreceived 4 frames, 3 events/);
    connection.drop();
    await connection.closed;
  });

  it('I5: notices an event from before the start and a term that falls', async () => {
    script = (socket) => {
      socket.send(hello('7:5'));
      socket.send(frameAt(4));
      socket.send(frameAt(6, 6));
    };
    const connection = await openTestConnection(url, { since: '7:5' });
    await expect(connection.waitFor((frame) => frame.json.s === 9)).rejects.toThrow(/7:4 came after 7:5/);
    await connection.close();
    expect(connection.violations).toHaveLength(2);
  });

  it('reports a refused upgrade with status and body', async () => {
    const refused: Promise<unknown> = openTestConnection(url, { headers: { 'x-api-key': 'bad' } });
    await expect(refused).rejects.toMatchObject({ status: 401, body: 'no' } satisfies Partial<UpgradeRefusedError>);
  });

  it('I5: a follower goes on from its position after every drop', async () => {
    const asked: (string | null)[] = [];
    script = (socket, since) => {
      asked.push(since);
      const from = parsePosition(since ?? '')?.seq ?? 0;
      socket.send(hello(since));
      socket.send(frameAt(from + 1));
      socket.send(frameAt(from + 2), () => socket.terminate());
    };
    const follower = followStream(['ws://127.0.0.1:1/ws', url], { backoffMs: 1 });
    const events = await follower.waitForEvents(6);
    await follower.stop();
    expect(events.map((event) => event.s)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked.slice(0, 3)).toEqual([null, '7:2', '7:4']);
    expect(follower.violations).toEqual([]);
    expect(follower.failures.join()).toContain('ECONNREFUSED');
  });

  it('I6: a follower reports every reset, and events repeated after a resume', async () => {
    let connections = 0;
    script = (socket, since) => {
      connections += 1;
      socket.send(connections === 2 ? hello(since, 'too_old') : hello(since));
      socket.send(frameAt(connections === 1 ? 5 : 101), () => socket.terminate());
    };
    const follower = followStream([url], { backoffMs: 1 });
    await expect(follower.waitForEvents(4)).rejects.toThrow(/event 7:101 came twice/);
    await follower.stop();
    expect(follower.resets).toEqual([{ asked: '7:5', reason: 'too_old', position: '7:100' }]);
  });

  it('a follower gives up when the server says that coming back is useless', async () => {
    script = (socket) => {
      socket.send(hello(null));
      socket.close(4504, 'revoked');
    };
    const follower = followStream([url], { backoffMs: 1 });
    await expect(follower.waitForEvents(1)).rejects.toThrow(/refused for good: 4504 revoked/);
    await follower.stop();
  });
});
