import { checkLeaks, eventually } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  createStreamClient,
  type LinkStatus,
  RestError,
  type StreamClient,
  type StreamClientOptions,
  type StreamEvent,
  type StreamReset,
} from '../src/index.ts';
import { event, hello, type ScriptedServer, say, startScriptedServer } from './scripted-server.ts';

checkLeaks();

const BACKOFF = { firstMs: 20, maxMs: 40 };

describe('a stream client', () => {
  let server: ScriptedServer;
  let client: StreamClient | null = null;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(async () => {
    client?.close();
    await server.close();
  });

  const follow = (options: Partial<StreamClientOptions> = {}): StreamClient => {
    client = createStreamClient({ url: server.url, WebSocket, backoff: BACKOFF, ...options });
    return client;
  };

  /** The positions of the first `count` events. */
  const take = async (source: StreamClient, count: number): Promise<string[]> => {
    const positions: string[] = [];
    for await (const { p } of source) {
      positions.push(p);
      if (positions.length === count) break;
    }
    return positions;
  };

  it('hands out events in order and asks for the latest when it keeps no position', async () => {
    server.script(say(hello('1:4', false), event('1:5'), event('1:8')));
    expect(await take(follow(), 2)).toEqual(['1:5', '1:8']);
    expect(server.requests[0]?.get('since')).toBeNull();
  });

  it('I5: resumes after a dropped connection with the position of the last event received', async () => {
    server.script(
      (socket) => {
        say(hello('1:4', false), event('1:5'), event('1:6'))(socket);
        setTimeout(() => socket.terminate(), 20);
      },
      say(hello('1:6', true), event('1:7')),
    );
    expect(await take(follow(), 3)).toEqual(['1:5', '1:6', '1:7']);
    expect(server.requests[1]?.get('since')).toBe('1:6');
  });

  it('resumes from what a POSITION frame said while its filter let nothing through', async () => {
    server.script(
      (socket) => {
        say(hello('1:4', false), '{"op":100,"p":"1:900","head":900}')(socket);
        setTimeout(() => socket.terminate(), 20);
      },
      say(hello('1:900', true), event('1:901')),
    );
    expect(await take(follow({ filter: { channel_id: ['7'] } }), 1)).toEqual(['1:901']);
    expect(server.requests[1]?.get('since')).toBe('1:900');
  });

  it('I5: drops events that come twice', async () => {
    server.script(say(hello('1:4', false), event('1:5'), event('1:5'), event('1:4'), event('1:6')));
    const source = follow();
    expect(await take(source, 2)).toEqual(['1:5', '1:6']);
    expect(source.repeats).toBe(2);
  });

  it('I6: leaves a connection that is out of order and lets the server say what happened', async () => {
    const resets: StreamReset[] = [];
    server.script(
      say(hello('5:4', false), event('5:5'), event('4:6')),
      say(hello('6:9', false, 'diverged'), event('6:10')),
    );
    const source = follow();
    source.on('reset', (reset) => void resets.push(reset));
    expect(await take(source, 2)).toEqual(['5:5', '6:10']);
    expect(server.requests[1]?.get('since')).toBe('5:5');
    expect(resets).toEqual([{ reason: 'diverged', lost: '5:5', position: '6:9' }]);
  });

  it.each(['too_old', 'diverged'])('I6: reports a reset (%s) before the events that follow it', async (reason) => {
    const seen: string[] = [];
    server.script(say(hello('9:100', false, reason), event('9:101')));
    const source = follow({ positions: { load: async () => '1:7', save: () => {} } });
    source.on('reset', (reset) => void seen.push(`${reset.reason} ${reset.lost} ${reset.position}`));
    source.on('event', ({ p }) => void seen.push(p));
    await eventually(() => expect(seen).toEqual([`${reason} 1:7 9:100`, '9:101']));
    expect(server.requests[0]?.get('since')).toBe('1:7');
  });

  it('keeps a position after its event was handled, never before', async () => {
    const log: string[] = [];
    server.script(say(hello('1:4', false), event('1:5'), event('1:6')));
    const source = follow({ positions: { load: () => null, save: (position) => void log.push(`saved ${position}`) } });
    source.on('event', async ({ p }: StreamEvent) => {
      log.push(`began ${p}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`ended ${p}`);
    });
    await eventually(() => expect(source.position).toBe('1:6'));
    expect(log).toEqual(['saved 1:4', 'began 1:5', 'ended 1:5', 'saved 1:5', 'began 1:6', 'ended 1:6', 'saved 1:6']);
  });

  it.each([4504, 4512, 4523])('does not come back after close code %d', async (code) => {
    server.script((socket) => {
      say(
        hello('1:4', false),
        '{"op":103,"d":{"code":"x","message":"the key was revoked","retry_after_ms":0}}',
      )(socket);
      socket.close(code, 'x');
    });
    const source = follow();
    await expect(take(source, 1)).rejects.toMatchObject({ closeCode: code, message: 'the key was revoked' });
    expect(await source.closed).toEqual({ kind: 'refused', code, reason: 'the key was revoked' });
    expect(server.requests).toHaveLength(1);
  });

  it('waits as long as the server asked before it comes back', async () => {
    const waits: number[] = [];
    server.script(
      (socket) => {
        say(hello('1:4', false), '{"op":103,"d":{"code":"x","message":"busy","retry_after_ms":123}}')(socket);
        socket.close(4008);
      },
      say(hello('1:4', true), event('1:5')),
    );
    const source = follow();
    source.on('status', (status: LinkStatus) => void (status.state === 'waiting' && waits.push(status.retryInMs)));
    expect(await take(source, 1)).toEqual(['1:5']);
    expect(waits).toEqual([123]);
  });

  it('op 7: opens the new connection first and drops the old one only when the new one is there', async () => {
    const order: string[] = [];
    server.script(
      (old) => {
        old.on('close', () => order.push('old closed'));
        say(hello('1:4', false), event('1:5'), '{"op":7,"d":{"after_ms":10,"reason":"drain"}}')(old);
        // Still delivering while the new one is on its way.
        setTimeout(() => old.send(event('1:6')), 30);
      },
      (next) => {
        order.push('new opened');
        setTimeout(() => say(hello('1:5', true), event('1:6'), event('1:7'))(next), 60);
      },
    );
    const source = follow();
    expect(await take(source, 3)).toEqual(['1:5', '1:6', '1:7']);
    await eventually(() => expect(order).toEqual(['new opened', 'old closed']));
    expect(source.repeats).toBe(1);
  });

  it('is open all the while it moves: status changes only when there is no stream', async () => {
    const states: string[] = [];
    server.script(
      say(hello('1:4', false), '{"op":7,"d":{"after_ms":10,"reason":"drain"}}'),
      (next) => void setTimeout(() => say(hello('1:4', true), event('1:5'))(next), 60),
    );
    const source = follow();
    source.on('status', ({ state }) => void states.push(state));
    expect(await take(source, 1)).toEqual(['1:5']);
    expect(states).toEqual(['connecting', 'open', 'open', 'closed']);
  });

  it('op 7: goes on with the old connection when the new one is refused, and asks again', async () => {
    let asked = 0;
    server.script(
      (old) => {
        say(hello('1:4', false), '{"op":7,"d":{"after_ms":0,"reason":"drain"}}')(old);
        // The other replica is not there yet; this one still delivers.
        const timer = setInterval(() => {
          if (server.requests.length < 3) return;
          clearInterval(timer);
          old.send(event('1:5'));
        }, 5);
      },
      (next) => {
        asked += 1;
        next.close(1013);
      },
      (next) => {
        asked += 1;
        next.close(1013);
      },
      say(hello('1:5', true), event('1:6')),
    );
    const source = follow();
    expect(await take(source, 2)).toEqual(['1:5', '1:6']);
    expect(asked).toBe(2);
  });

  it('comes back at once when the one it should leave ends before the new one is due', async () => {
    server.script(
      (old) => {
        say(hello('1:4', false), '{"op":7,"d":{"after_ms":60000,"reason":"drain"}}')(old);
        setTimeout(() => old.terminate(), 20);
      },
      say(hello('1:4', true), event('1:5')),
    );
    expect(await take(follow(), 1)).toEqual(['1:5']);
  });

  it('hands each event to the listeners of its type, in order with the others', async () => {
    const seen: string[] = [];
    const deletion = '{"op":0,"t":"MESSAGE_DELETE","s":6,"p":"1:6","d":{"id":"5","channel_id":"7"}}';
    // Whatever a server calls its events, they are not ours.
    const strange = '{"op":0,"t":"reset","s":7,"p":"1:7","d":{}}';
    server.script(say(hello('1:4', false), event('1:5'), deletion, strange));
    const source = follow();
    source.on('MESSAGE_DELETE', ({ d }) => void seen.push(`deleted ${d.id}`));
    source.on('reset', () => void seen.push('reset'));
    const remove = source.on('MESSAGE_CREATE', ({ d }) => void seen.push(`created ${d.id}`));
    await eventually(() => expect(source.position).toBe('1:7'));
    expect(seen).toEqual(['created 5', 'deleted 5']);
    remove();
  });

  it('says how far behind it is: what waits, the head, and 0 once it is there', async () => {
    server.script(say(hello('1:4', false), event('1:5'), event('1:6'), '{"op":100,"p":"1:8","head":9}'));
    const source = follow();
    let free = (): void => {};
    source.on('event', ({ s }) => (s === 5 ? new Promise<void>((resolve) => (free = resolve)) : undefined));
    await eventually(() => expect(source.state).toMatchObject({ head: 9, waiting: 2, position: '1:4', behind: 5 }));
    free();
    await eventually(() => expect(source.state).toMatchObject({ position: '1:8', behind: 1, waiting: 0 }));
    expect(source.state).toMatchObject({ link: { state: 'open' }, connections: 1, resets: 0, repeats: 0 });
  });

  it('reconnects when told to, from where it is', async () => {
    server.script(say(hello('1:4', false), event('1:5')), say(hello('1:5', true), event('1:6')));
    const source = follow();
    source.on('event', ({ s }) => (s === 5 ? source.reconnect() : undefined));
    await eventually(() => expect(source.position).toBe('1:6'));
    expect(server.requests[1]?.get('since')).toBe('1:5');
  });

  it('I6: after a reset it reads the history again and goes on exactly there, dropping what came meanwhile', async () => {
    const log: string[] = [];
    server.script(
      say(hello('9:100', false, 'too_old'), event('9:101'), event('9:102')),
      say(hello('9:150', true), event('9:151')),
    );
    let tries = 0;
    const source = follow({
      positions: { load: () => '1:7', save: (position) => void log.push(`saved ${position}`) },
      reload(cause) {
        log.push(`reload ${cause.reason}`);
        tries += 1;
        if (tries === 1) throw new RestError(503, 'the server is busy');
        return '9:150';
      },
    });
    source.on('event', ({ p }) => void log.push(p));
    await eventually(() => expect(source.position).toBe('9:151'));
    expect(log).toEqual(['reload too_old', 'reload too_old', 'saved 9:150', '9:151', 'saved 9:151']);
    expect(server.requests.map((request) => request.get('since'))).toEqual(['1:7', '9:150']);
  });

  it('reads the history before it connects for the first time, when it has no position', async () => {
    server.script(say(hello('1:40', true), event('1:41')));
    const causes: string[] = [];
    const source = follow({
      reload: async ({ reason }) => {
        causes.push(reason);
        return '1:40';
      },
    });
    expect(await take(source, 1)).toEqual(['1:41']);
    expect(causes).toEqual(['start']);
    expect(server.requests[0]?.get('since')).toBe('1:40');
  });

  it.each<[string, () => string]>([
    [
      'throws what does not pass',
      () => {
        throw new Error('no such channel');
      },
    ],
    ['returns no position', () => 'newest'],
  ])('ends with the reason when reload %s', async (_title, reload) => {
    expect(await follow({ reload }).closed).toMatchObject({ kind: 'failed', error: expect.any(Error) });
    expect(server.requests).toHaveLength(0);
  });

  it('I9: drops the socket when a slow reader has too much waiting, and goes on from there once it caught up', async () => {
    const events = [1, 2, 3, 4, 5].map((seq) => event(`1:${seq}`));
    server.script(say(hello('1:0', false), ...events), say(hello('1:2', true), ...events.slice(2)));
    const source = follow({ maxWaitingEvents: 3 });
    await eventually(() => expect(server.requests).toHaveLength(1));
    expect(await take(source, 4)).toEqual(['1:1', '1:2', '1:3', '1:4']);
    expect(server.requests[1]?.get('since')).toBe('1:2');
    expect(source.repeats).toBe(0);
  });

  it('keeps trying while the server cannot be reached', async () => {
    const { url } = server;
    await server.close();
    const states: string[] = [];
    const source = follow({ url });
    source.on('status', ({ state }) => void states.push(state));
    await eventually(() => expect(states.filter((state) => state === 'waiting').length).toBeGreaterThan(2));
    source.close();
    expect(await source.closed).toEqual({ kind: 'closed' });
    server = await startScriptedServer();
  });

  it('ends with the reason when a listener throws, without keeping the position of that event', async () => {
    server.script(say(hello('1:4', false), event('1:5')));
    const source = follow();
    source.on('event', () => {
      throw new Error('disk full');
    });
    expect(await source.closed).toMatchObject({ kind: 'failed', error: { message: 'disk full' } });
    expect(source.position).toBe('1:4');
  });

  it('lets one reader read', async () => {
    server.script(say(hello('1:4', false)));
    const source = follow();
    source.on('event', () => {});
    await expect(take(source, 1)).rejects.toThrow(TypeError);
  });
});
