import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually, openTestConnection } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { freshIds, idsOf, useStage } from './gateway-fixture.ts';

const start = useStage();

/** Says what it must to be let in, and then nothing any more: no pong, no FIN. What it is sent it takes. */
async function openMute(url: string): Promise<{ readonly ended: Promise<unknown> }> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${hostname}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  socket.resume();
  return { ended: once(socket, 'close') };
}

describe('a client that is as good as gone', () => {
  it('I9: is cut off when it neither reads nor answers, or only stays silent, and can resume; others stay', async () => {
    const { url, append, message, gateway } = await start({ heartbeatIntervalMs: 1_000 });
    const ids = freshIds(400);
    const lively = await openTestConnection(url);
    const stalled = await openTestConnection(url);
    const mute = await openMute(url);
    await eventually(() => expect(gateway.connections).toBe(3));
    stalled.pause();
    for (let at = 0; at < ids.length; at += 50) {
      await append(ids.slice(at, at + 50).map((id) => message(id, { text: `${id} ${'x'.repeat(50_000)}` })));
    }
    await lively.waitForEvents(ids.length);
    await eventually(() => expect(gateway.connections).toBe(1), { timeoutMs: 45_000, intervalMs: 250 });
    await mute.ended;
    expect(lively.isClosed).toBe(false);

    stalled.resume();
    await stalled.closed;
    const read = stalled.events.length;
    expect(read).toBeLessThan(ids.length);
    const resumed = await openTestConnection(url, { since: stalled.position });
    expect(idsOf(await resumed.waitForEvents(ids.length - read))).toEqual(ids.slice(read));
    for (const client of [resumed, lively]) await client.close();
  }, 60_000);
});
