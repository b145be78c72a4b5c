import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { type DiscordAPIError, Routes } from 'discord.js';
import { connectReader } from './support/reader.ts';
import { channelId, createRest } from './support/rest.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

interface Made {
  readonly id: string;
}

describe('a bot that writes', () => {
  const { start, closing } = createHarness();

  it('creates, replies, edits, reacts, pins, opens threads and deletes; its own gateway hears of each', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const { rest } = reader.client;
    const quay = channelId(simulator, 'quay');
    const made = await idIn(rest.post(Routes.channelMessages(quay), { body: { content: 'one', nonce: 'n1' } }));
    const message_reference = { message_id: made.id };
    const reply = await idIn(rest.post(Routes.channelMessages(quay), { body: { content: 'two', message_reference } }));
    await rest.patch(Routes.channelMessage(quay, made.id), { body: { content: 'one, edited' } });
    await rest.put(Routes.channelMessageOwnReaction(quay, made.id, encodeURIComponent('🎉')));
    await rest.delete(Routes.channelMessageOwnReaction(quay, made.id, encodeURIComponent('🎉')));
    await rest.put(Routes.channelMessagesPin(quay, made.id));
    const thread = await idIn(rest.post(Routes.threads(quay, made.id), { body: { name: 'aside' } }));
    await rest.patch(Routes.channel(thread.id), { body: { archived: true } });
    await rest.post(Routes.channelBulkDelete(quay), { body: { messages: [made.id, reply.id] } });
    await reader.until(() => reader.of('MESSAGE_DELETE_BULK').length === 1);
    expect(thread.id).toBe(made.id);
    expect(reader.of('MESSAGE_CREATE')[0]?.d).toMatchObject({ content: 'one', nonce: 'n1', author: { bot: true } });
    expect(reader.of('MESSAGE_CREATE')[1]?.d).toMatchObject({
      type: 19,
      message_reference: { message_id: made.id, channel_id: quay },
      referenced_message: { id: made.id, content: 'one' },
    });
    expect(reader.dispatches.slice(4).map(({ t }) => t)).toEqual([
      'MESSAGE_UPDATE',
      'MESSAGE_REACTION_ADD',
      'MESSAGE_REACTION_REMOVE',
      'MESSAGE_UPDATE',
      'CHANNEL_PINS_UPDATE',
      'MESSAGE_CREATE',
      'THREAD_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_CREATE',
      'THREAD_UPDATE',
      'MESSAGE_DELETE_BULK',
    ]);
  });

  it('is refused in Discord’s codes', async () => {
    const simulator = await start();
    const rest = createRest(simulator);
    const quay = channelId(simulator, 'quay');
    const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hers' });
    const refused = async (request: Promise<unknown>) => {
      const error: unknown = await request.then(
        () => null,
        (reason: DiscordAPIError) => ({ status: reason.status, code: reason.code }),
      );
      return error;
    };
    const create = (content: string) => rest.post(Routes.channelMessages(quay), { body: { content } });
    expect(await refused(create(''))).toEqual({ status: 400, code: 50_006 });
    expect(await refused(create('x'.repeat(2001)))).toEqual({ status: 400, code: 50_035 });
    expect(await refused(rest.patch(Routes.channelMessage(quay, id), { body: { content: 'mine' } }))).toEqual({
      status: 403,
      code: 50_005,
    });
    expect(await refused(rest.post(Routes.channelBulkDelete(quay), { body: { messages: [id] } }))).toEqual({
      status: 400,
      code: 50_035,
    });
  });
});

async function idIn(request: Promise<unknown>): Promise<Made> {
  const made: unknown = await request;
  if (typeof made === 'object' && made !== null && 'id' in made && typeof made.id === 'string') return { id: made.id };
  throw new TypeError('the answer has no id');
}
