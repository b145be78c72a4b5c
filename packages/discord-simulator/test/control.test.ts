import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import type { DiscordSimulator, Truth } from '../src/index.ts';
import { connectReader } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

async function call(simulator: DiscordSimulator, method: string, path: string, body?: unknown) {
  const response = await fetch(`${simulator.controlUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

describe('the control API', () => {
  const { start, closing } = createHarness();

  it('makes, changes and deletes messages that clients then see', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const made = await call(simulator, 'POST', '/messages', { channel: 'quay', user: 'ada', text: 'one' });
    expect(made).toMatchObject({ status: 200, body: { content: 'one', author: { username: 'ada' }, deleted: false } });
    const { id } = made.body;
    const reply = { guild: 'Harbour', channel: made.body.channel_id, user: 'newcomer', text: 'hi', reply_to: id };
    expect((await call(simulator, 'POST', '/messages', reply)).body).toMatchObject({ type: 19 });
    expect((await call(simulator, 'PATCH', `/messages/${id}`, { text: 'two' })).body).toMatchObject({ content: 'two' });
    const embeds = [{ title: 'unfurled' }];
    expect((await call(simulator, 'PATCH', `/messages/${id}`, { embeds })).body).toMatchObject({ id, embeds });
    expect((await call(simulator, 'DELETE', `/messages/${id}`)).status).toBe(204);
    expect((await call(simulator, 'GET', `/messages/${id}`)).body).toMatchObject({ content: 'two', deleted: true });
    await reader.until(() => reader.of('MESSAGE_DELETE').length === 1);
    expect(reader.dispatches.slice(2).map(({ t }) => t)).toEqual([
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_UPDATE',
      'MESSAGE_DELETE',
    ]);
  });

  it('does whatever a script can do, by ids', async () => {
    const simulator = await start();
    const made = await call(simulator, 'POST', '/actions', { op: 'message', channel: 'quay', user: 'ada', text: 'x' });
    const message = made.body.id;
    expect(await call(simulator, 'POST', '/actions', { op: 'react', message, user: 'bob', emoji: '👍' })).toEqual({
      status: 200,
      body: {},
    });
    const thread = await call(simulator, 'POST', '/actions', { op: 'thread', message, name: 'aside' });
    expect(thread.body).toEqual({ id: message, name: 'aside' });
    const inside = await call(simulator, 'POST', '/messages', { channel: thread.body.id, user: 'bob', text: 'y' });
    expect(inside.body.channel_id).toBe(message);
    const channel = await call(simulator, 'POST', '/actions', { op: 'create_channel', guild: 'Harbour', name: 'pier' });
    expect(channel.body.name).toBe('pier');
    await call(simulator, 'POST', '/actions', { op: 'delete_channel', channel: 'pier' });
    expect(simulator.truth().dispatches.at(-1)?.type).toBe('CHANNEL_DELETE');
  });

  it.each([
    ['POST', '/messages', 'not json', 400, 'the request body is not valid JSON'],
    ['POST', '/messages', [], 400, 'the request body must be a JSON object'],
    ['POST', '/messages', { channel: 'quay', user: 'ada' }, 400, '"text" must be a string'],
    [
      'POST',
      '/messages',
      { channel: 'sea', user: 'ada', text: 'x' },
      400,
      'no channel is called "sea"; there are: quay, boats',
    ],
    ['POST', '/messages', { channel: 'quay', user: 'ada', text: 'x', reply_to: '1' }, 400, 'no message has the id 1'],
    ['PATCH', '/messages/1', { text: 'x' }, 404, 'no message has the id 1'],
    ['DELETE', '/messages/1', undefined, 404, 'no message has the id 1'],
    ['POST', '/actions', { op: 'dance' }, 400, 'unknown op "dance"'],
    ['POST', '/faults', { kind: 'gremlin' }, 400, 'unknown kind "gremlin"; there are: drop,'],
    ['POST', '/faults', { kind: 'drop', codee: 1 }, 400, 'unknown parameter "codee" for the fault "drop"'],
    ['POST', '/faults', { kind: 'drop', code: 1005 }, 400, '"code" must be a close code'],
    ['POST', '/faults', { kind: 'delay' }, 400, '"ms" is required'],
    ['POST', '/faults', { kind: 'rest', status: 200 }, 400, '"status" must be'],
    ['POST', '/faults', { kind: 'hide_channel', channel: 'sea' }, 400, 'no channel is called "sea"'],
    ['DELETE', '/faults/99', undefined, 404, 'no fault has this id'],
    ['GET', '/truth?after=x', undefined, 400, '"after" must be a whole number'],
    ['GET', '/nothing', undefined, 404, 'there is no /_sim/nothing'],
    ['PUT', '/messages', {}, 405, 'use POST here'],
  ])('answers %s %s %j with a clear error', async (method, path, body, status, error) => {
    const simulator = await start();
    const answer = await call(simulator, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(error);
    expect(simulator.truth().total).toBe(0);
  });

  it('tells the truth whole, in pages and compactly', async () => {
    const simulator = await start();
    const ids = Array.from(
      { length: 1203 },
      (_, index) => simulator.createMessage({ channel: 'quay', user: 'ada', text: `${index}` }).id,
    );
    simulator.editMessage(ids[0] ?? '', 'edited');
    simulator.act({ op: 'bulk_delete', messages: ids.slice(1, 3) });
    const whole: Truth = (await call(simulator, 'GET', '/truth')).body;
    expect(whole).toMatchObject({ ...simulator.truth(), total: 1205, next: 1205, has_more: false });
    expect(whole.dispatches.map(({ n }) => n)).toEqual(Array.from({ length: 1205 }, (_, index) => index + 1));
    expect(whole.dispatches.at(-2)).toMatchObject({
      type: 'MESSAGE_UPDATE',
      message_id: ids[0],
      changed: ['content', 'edited_timestamp'],
    });
    expect(whole.dispatches.at(-1)).toMatchObject({ type: 'MESSAGE_DELETE_BULK', message_ids: ids.slice(1, 3) });
    expect(whole.messages.filter(({ deleted }) => deleted).map(({ id }) => id)).toEqual(ids.slice(1, 3));

    const paged: unknown[] = [];
    for (let after = 0, more = true; more; ) {
      const page = (await call(simulator, 'GET', `/truth?after=${after}&limit=500`)).body;
      expect(page.messages.length).toBeLessThanOrEqual(502);
      paged.push(...page.dispatches);
      after = page.next;
      more = page.has_more;
    }
    expect(paged).toEqual(whole.dispatches);

    const compact = (await call(simulator, 'GET', '/truth?compact=true')).body;
    expect(compact.dispatches[0]).toEqual([1, 'MESSAGE_CREATE', whole.messages[0]?.channel_id, ids[0]]);
    expect(compact.messages[0]).toEqual({
      id: ids[0],
      channel_id: whole.messages[0]?.channel_id,
      author_id: whole.messages[0]?.author.id,
      content: 'edited',
      edited_timestamp: whole.messages[0]?.edited_timestamp,
      deleted: false,
    });
  });

  it('is the same truth that a client saw', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'a' });
    simulator.createMessage({ channel: 'boats', user: 'bob', text: 'b' });
    simulator.editMessage(id, 'a2');
    simulator.act({ op: 'react', message: id, user: 'cyd', emoji: '👍' });
    simulator.deleteMessage(id);
    const { dispatches, messages } = simulator.truth();
    await reader.until(() => reader.dispatches.length === 2 + dispatches.length);
    const seen = reader.dispatches.slice(2);
    expect(seen.map(({ t, d }) => [t, d.channel_id, d.message_id ?? d.id])).toEqual(
      dispatches.map(({ type, channel_id, message_id }) => [type, channel_id, message_id]),
    );
    const folded = new Map<unknown, unknown>();
    for (const { t, d } of seen) {
      if (t === 'MESSAGE_CREATE' || t === 'MESSAGE_UPDATE') folded.set(d.id, d.content);
      if (t === 'MESSAGE_DELETE') folded.delete(d.id);
    }
    expect([...folded]).toEqual(
      messages.filter(({ deleted }) => !deleted).map((message) => [message.id, message.content]),
    );
  });

  it('reports status and sessions', async () => {
    const simulator = await start();
    expect((await call(simulator, 'GET', '')).body).toHaveProperty('GET /_sim/truth');
    closing(await connectReader(simulator));
    expect((await call(simulator, 'GET', '/status')).body).toMatchObject({
      ready: true,
      connections: 1,
      script: null,
      guilds: [{ name: 'Harbour', channels: [{ name: 'quay' }, { name: 'boats' }] }],
    });
    expect((await call(simulator, 'GET', '/sessions')).body).toMatchObject({
      identifies: 1,
      resumes: 0,
      sessions: [{ connected: true, sequence: 2, shard: [0, 1] }],
      connections: [{ greeting: 'identify', closed_at: null, sent_dispatches: 2 }],
    });
  });
});
