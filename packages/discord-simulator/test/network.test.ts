import { get, type IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { identify } from './support/raw-socket.ts';
import { TOKEN } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

/** How another machine, or another container, reaches this one. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

/** fetch does not let a caller choose its Host header. */
function ask(port: number, path: string, host: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { host, authorization: `Bot ${TOKEN}` };
    const onAnswer = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    };
    get({ host: '127.0.0.1', port, path, headers }, onAnswer).on('error', reject);
  });
}

describe('among containers', () => {
  const { start } = createHarness();

  it.each(['simulator:4590', 'discord.example'])('names the gateway as the client names it: %s', async (host) => {
    const { port } = await start({ host: '0.0.0.0' });
    expect(await ask(port, '/api/v10/gateway/bot', host)).toMatchObject({ url: `ws://${host}` });
    expect(await ask(port, '/api/v10/gateway', host)).toEqual({ url: `ws://${host}` });
  });

  it('names the place to resume in the same way', async () => {
    const { port } = await start();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/?v=10&encoding=json`, { headers: { host: 'simulator:4590' } });
    const ready = new Promise<string>((resolve) => {
      socket.on('message', (data) => {
        if (data.toString().includes('"READY"')) resolve(data.toString());
      });
    });
    socket.on('open', () => socket.send(JSON.stringify(identify())));
    expect(JSON.parse(await ready).d.resume_gateway_url).toBe('ws://simulator:4590/resume');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.close();
    await closed;
  });

  const onNetwork = outside === undefined ? it.skip : it;
  onNetwork('serves REST to every address and its control API to loopback only (needs a network)', async () => {
    const { port } = await start({ host: '0.0.0.0' });
    const authorization = { authorization: `Bot ${TOKEN}` };
    const gateway = await fetch(`http://${outside}:${port}/api/v10/gateway/bot`, { headers: authorization });
    expect(await gateway.json()).toMatchObject({ url: `ws://${outside}:${port}` });
    for (const path of ['/_sim', '/_sim/status', '/_sim/truth', '/_sim/faults']) {
      // What a proxy or a browser may claim of itself changes nothing: the peer's address counts.
      const headers = { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' };
      const refused = await fetch(`http://${outside}:${port}${path}`, { headers });
      expect([refused.status, await refused.json()]).toEqual([
        403,
        { error: 'the control API answers loopback addresses only' },
      ]);
    }
    const write = await fetch(`http://${outside}:${port}/_sim/faults`, { method: 'DELETE' });
    await write.arrayBuffer();
    expect(write.status).toBe(403);
    const near = await fetch(`http://127.0.0.1:${port}/_sim/status`);
    await near.arrayBuffer();
    expect(near.status).toBe(200);
  });
});
