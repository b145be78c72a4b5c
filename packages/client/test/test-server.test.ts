import { checkLeaks, eventually } from '@dms/test-kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createRestClient,
  createStreamClient,
  type StreamClient,
  type StreamClientOptions,
} from '../src/node/index.ts';
import { startTestServer, type TestServer } from '../src/testing/index.ts';

checkLeaks();

const BACKOFF = { firstMs: 5, maxMs: 10 };

describe('the test server', () => {
  let server: TestServer;
  let client: StreamClient | null = null;
  let seen: string[];
  beforeEach(async () => {
    seen = [];
    server = await startTestServer();
  });
  afterEach(async () => {
    client?.close();
    await server.close();
  });

  /** Notes what a client is told: the first letter of the event and the text. */
  const follow = async (options: Partial<StreamClientOptions> = {}): Promise<StreamClient> => {
    client = createStreamClient({ url: server.url, backoff: BACKOFF, ...options });
    client.on('MESSAGE_CREATE', ({ d }) => void seen.push(`+${d.purged === true ? '' : d.content}`));
    client.on('MESSAGE_UPDATE', ({ d }) => void seen.push(`~${d.purged === true ? '' : d.content}`));
    client.on('MESSAGE_DELETE', ({ d }) => void seen.push(`-${d.id}`));
    client.on('reset', ({ reason }) => void seen.push(reason));
    const { state } = client;
    await eventually(() => expect(client?.state.connections ?? state.connections).toBe(1));
    return client;
  };
  const untilSeen = (expected: readonly string[]) => eventually(() => expect(seen).toEqual(expected));

  it('sends what happens, stores it, and keeps nothing of what was deleted', async () => {
    await follow();
    const { id } = server.message({ content: 'hello' });
    server.edit(id, 'hello all');
    const other = server.message({ content: 'bye', channel: 'random', author: 'ben' });
    server.delete(id);
    await untilSeen(['+hello', '~hello all', '+bye', `-${id}`]);

    const rest = createRestClient({ url: server.url });
    const page = await rest.messagePage();
    expect(page).toMatchObject({ position: server.position, has_more: false, messages: [{ id: other.id }] });
    await expect(rest.message(id)).rejects.toMatchObject({ status: 410 });
    expect((await rest.channels()).map(({ name }) => name)).toEqual(['general', 'random']);
    client?.close();
    await follow({ since: 'all' });
    await untilSeen(['+hello', '~hello all', '+bye', `-${id}`, '+', '~', '+bye', `-${id}`]);
  });

  it('I5: loses, repeats and reorders nothing while it is cut, drained, held and repeated', async () => {
    const source = await follow();
    const texts: string[] = [];
    const post = (): void => {
      const content = `message ${texts.length}`;
      texts.push(`+${content}`);
      server.message({ content });
    };
    for (const trouble of [() => server.drop(), () => server.drain(), () => server.hold(), () => server.repeat(3)]) {
      post();
      trouble();
      post();
      server.release();
      await untilSeen(texts);
    }
    server.drop(4000);
    post();
    await untilSeen(texts);
    expect(source.state).toMatchObject({ resets: 0, link: { state: 'open' } });
    expect(source.repeats).toBeGreaterThanOrEqual(3);
    await eventually(() => expect(server.connections).toBe(1));
  });

  it('I6: forgets and diverges on purpose, and the history read again is complete', async () => {
    const rest = createRestClient({ url: server.url });
    let held: string[] = [];
    const source = await follow({
      async reload() {
        const { messages, position } = await rest.messagePage();
        held = messages.map(({ content }) => content).reverse();
        return position;
      },
    });
    source.on('MESSAGE_CREATE', ({ d }) => void (d.purged !== true && held.push(d.content)));
    server.message({ content: 'one' });
    await eventually(() => expect(held).toEqual(['one']));
    // Away for longer than the log goes back.
    server.hold();
    server.message({ content: 'two' });
    server.forget();
    server.release();
    await eventually(() => expect(held).toEqual(['one', 'two']));
    server.diverge();
    server.message({ content: 'three' });
    await eventually(() => expect(held).toEqual(['one', 'two', 'three']));
    expect(seen.filter((entry) => !entry.startsWith('+'))).toEqual(['too_old', 'diverged']);
  });

  it('gives each stream what its filter lets through', async () => {
    const { channel_id } = server.message({ channel: 'wanted' });
    await follow({ filter: { channel_id: [channel_id] } });
    server.message({ content: 'other', channel: 'unwanted' });
    server.message({ content: 'mine', channel: 'wanted' });
    await untilSeen(['+mine']);
    expect(server.subscriptions[0]?.query.get('channel_id')).toBe(channel_id);
  });

  it('refuses while told to, and without the key when it has one', async () => {
    await server.close();
    server = await startTestServer({ key: 'secret' });
    await expect(createRestClient({ url: server.url, maxRetries: 0 }).guilds()).rejects.toMatchObject({ status: 401 });
    server.refuse(503, 'Not now.');
    const rest = createRestClient({ url: server.url, key: 'secret', backoff: BACKOFF });
    await expect(rest.guilds()).rejects.toThrow('Not now.');
    client = createStreamClient({ url: server.url, key: 'secret', backoff: BACKOFF });
    await eventually(() => expect(client?.state.link).toMatchObject({ state: 'waiting' }));
    server.refuse(null);
    await eventually(() => expect(client?.state.link).toEqual({ state: 'open' }));
    expect(server.subscriptions.at(-1)?.key).toBe('secret');
  });
});
