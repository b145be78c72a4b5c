import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { identify, openRawSocket } from './support/raw-socket.ts';
import { TOKEN } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

describe('the gateway', () => {
  const { start, closing } = createHarness();

  it('greets with HELLO and answers heartbeats before anybody identified', async () => {
    const socket = closing(openRawSocket(await start()));
    expect(await socket.frame(({ op }) => op === 10)).toMatchObject({
      t: null,
      s: null,
      d: { heartbeat_interval: 41_250 },
    });
    socket.send({ op: 1, d: null });
    expect(await socket.frame(({ op }) => op === 11)).toMatchObject({ op: 11 });
  });

  it.each([
    [4001, 'an unknown op', JSON.stringify({ op: 77, d: null })],
    [4002, 'no JSON', 'hello?'],
    [4002, 'a frame of more than 4,096 bytes', JSON.stringify({ op: 1, d: 'x'.repeat(4100) })],
    [4002, 'an IDENTIFY without properties', JSON.stringify({ op: 2, d: { token: TOKEN, intents: 1 } })],
    [4003, 'a presence update before IDENTIFY', JSON.stringify({ op: 3, d: {} })],
    [4004, 'a token that is not well formed', JSON.stringify(identify({ token: 'nonsense' }))],
    [4010, 'a shard beyond the count', JSON.stringify(identify({ shard: [2, 2] }))],
    [4013, 'an intent that does not exist', JSON.stringify(identify({ intents: 2 ** 30 }))],
    [4013, 'no intents at all', JSON.stringify(identify({ intents: undefined }))],
  ])('closes with %i upon %s', async (code, _, text) => {
    const socket = closing(openRawSocket(await start()));
    socket.sendText(text);
    expect(await socket.closed).toBe(code);
  });

  it('closes with 4005 upon a second IDENTIFY and with 4012 for another API version', async () => {
    const simulator = await start();
    const socket = closing(openRawSocket(simulator));
    socket.send(identify());
    await socket.frame(({ t }) => t === 'READY');
    socket.send(identify());
    expect(await socket.closed).toBe(4005);
    expect(await closing(openRawSocket(simulator, '?v=6&encoding=json')).closed).toBe(4012);
  });

  it('closes with 4008 after more than 120 frames in a minute', async () => {
    const socket = closing(openRawSocket(await start()));
    for (let sent = 0; sent < 121; sent += 1) socket.send({ op: 1, d: null });
    expect(await socket.closed).toBe(4008);
    expect(socket.frames.filter(({ op }) => op === 11)).toHaveLength(120);
  });

  it('closes with 4009 when heartbeats stay away', async () => {
    const socket = closing(openRawSocket(await start({ heartbeatIntervalMs: 40 })));
    socket.send(identify());
    await socket.frame(({ t }) => t === 'READY');
    expect(await socket.closed).toBe(4009);
  });

  it('asks for a heartbeat with op 1', async () => {
    const simulator = await start();
    const socket = closing(openRawSocket(simulator));
    await socket.frame(({ op }) => op === 10);
    simulator.faults.add({ kind: 'heartbeat_request' });
    await socket.frame(({ op }) => op === 1);
  });

  it('sends a shard its own guilds only', async () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    const simulator = await start({ guilds: names.map((name) => ({ name, channels: ['general'] })) });
    const shards = await Promise.all(
      [0, 1].map(async (id) => {
        const socket = closing(openRawSocket(simulator));
        socket.send(identify({ shard: [id, 2] }));
        const { d } = await socket.frame(({ t }) => t === 'READY');
        const guilds: { id: string }[] = JSON.parse(JSON.stringify(d)).guilds;
        return { id, socket, guilds: guilds.map((guild) => guild.id) };
      }),
    );
    for (const { id, guilds } of shards) {
      for (const guild of guilds) expect(Number((BigInt(guild) >> 22n) % 2n)).toBe(id);
    }
    const all = simulator.status().guilds.map((guild) => guild.id);
    expect(shards.flatMap(({ guilds }) => guilds).sort()).toEqual(all.sort());
  });

  it('answers an IDENTIFY that comes too soon with op 9, and counts down the daily limit', async () => {
    const simulator = await start({ identifyIntervalMs: 60_000, identifyLimit: 3 });
    const first = closing(openRawSocket(simulator));
    first.send(identify());
    await first.frame(({ t }) => t === 'READY');
    const second = closing(openRawSocket(simulator));
    second.send(identify());
    expect(await second.frame(({ op }) => op === 9)).toMatchObject({ d: false });
    const response = await fetch(`${simulator.apiUrl}/v10/gateway/bot`, { headers: { authorization: `Bot ${TOKEN}` } });
    expect(await response.json()).toMatchObject({
      session_start_limit: { total: 3, remaining: 1, max_concurrency: 1 },
    });
  });

  it('resets the token of a bot that identifies more often than allowed', async () => {
    const simulator = await start({ identifyLimit: 1 });
    const first = closing(openRawSocket(simulator));
    first.send(identify());
    await first.frame(({ t }) => t === 'READY');
    const second = closing(openRawSocket(simulator));
    second.send(identify());
    expect(await second.closed).toBe(4004);
    const response = await fetch(`${simulator.apiUrl}/v10/users/@me`, { headers: { authorization: `Bot ${TOKEN}` } });
    expect(response.status).toBe(401);
  });
});
