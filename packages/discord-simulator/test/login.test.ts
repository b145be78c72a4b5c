import { checkLeaks, eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { connectReader, createReader, TOKEN } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

describe('a discord.js client', () => {
  const { start, closing } = createHarness();

  it('logs in and finds guild, channels and itself', async () => {
    const simulator = await start({ botName: 'Mirror' });
    const reader = closing(await connectReader(simulator));
    expect(reader.client.user.username).toBe('mirror');
    const guild = reader.client.guilds.cache.first();
    expect(guild?.name).toBe('Harbour');
    expect(guild?.channels.cache.map((channel) => channel.name)).toEqual(['quay', 'boats']);
    expect(guild?.members.me?.id).toBe(reader.client.user.id);
    expect(reader.of('READY')).toHaveLength(1);
    expect(reader.dispatches.map(({ s }) => s)).toEqual([1, 2]);
  });

  it('receives messages in order, each with the fields Discord sends', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const texts = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    for (const text of texts) simulator.createMessage({ channel: 'quay', user: 'ada', text });
    await reader.until(() => reader.of('MESSAGE_CREATE').length === 300);
    const received = reader.of('MESSAGE_CREATE');
    expect(received.map(({ d }) => d.content)).toEqual(texts);
    expect(received.map(({ s }) => s)).toEqual(texts.map((_, index) => index + 3));
    expect(received[0]?.d).toMatchObject({
      type: 0,
      tts: false,
      pinned: false,
      flags: 0,
      mentions: [],
      attachments: [],
      embeds: [],
      components: [],
      edited_timestamp: null,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      author: { username: 'ada', global_name: 'ada', discriminator: '0', avatar: null },
      member: { nick: null, roles: [], deaf: false },
      channel_type: 0,
      guild_id: simulator.status().guilds[0]?.id,
    });
  });

  it('sees edits, deletes, reactions, pins and threads as dispatches', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'one' });
    simulator.editMessage(id, 'two');
    simulator.act({ op: 'react', message: id, user: 'bob', emoji: '👍' });
    simulator.act({ op: 'pin', message: id });
    simulator.act({ op: 'thread', message: id, name: 'side talk' });
    simulator.deleteMessage(id);
    await reader.until(() => reader.of('MESSAGE_DELETE').length === 1);
    expect(reader.dispatches.slice(2).map(({ t }) => t)).toEqual([
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_REACTION_ADD',
      'MESSAGE_UPDATE',
      'CHANNEL_PINS_UPDATE',
      'MESSAGE_CREATE',
      'THREAD_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_CREATE',
      'MESSAGE_DELETE',
    ]);
    const [edit] = reader.of('MESSAGE_UPDATE');
    expect(edit?.d).toMatchObject({ id, content: 'two', edited_timestamp: expect.stringMatching(/\d{6}\+00:00$/) });
    expect(reader.of('THREAD_CREATE')[0]?.d).toMatchObject({ id, newly_created: true, name: 'side talk', type: 11 });
    expect(reader.of('MESSAGE_DELETE')[0]?.d).toEqual({
      id,
      channel_id: edit?.d.channel_id,
      guild_id: edit?.d.guild_id,
    });
  });

  it('has its heartbeats acknowledged, and they carry the sequence', async () => {
    const simulator = await start({ heartbeatIntervalMs: 60 });
    const reader = closing(await connectReader(simulator));
    simulator.createMessage({ channel: 'quay', user: 'ada', text: 'tick' });
    await reader.until(() => reader.of('MESSAGE_CREATE').length === 1);
    await eventually(() => {
      expect(simulator.sessions().connections[0]?.heartbeats.at(-1)?.sequence).toBe(3);
      // discord.js knows a ping only after an acknowledgement.
      expect(reader.client.ws.ping).toBeGreaterThanOrEqual(0);
    });
    expect(simulator.sessions().sessions[0]?.acknowledged).toBe(3);
    expect(simulator.sessions().connections).toHaveLength(1);
  });

  it('is refused with a token that is not well formed, or not the expected one', async () => {
    const simulator = await start({ token: 'expected.bot.token' });
    const reader = closing(createReader(simulator));
    await expect(reader.client.login(TOKEN)).rejects.toThrow(/token/i);
    expect(simulator.status().rest.invalid).toBe(1);
  });

  it('ends with 4014 when it asks for an intent that is switched off', async () => {
    const MESSAGE_CONTENT = 1 << 15;
    const simulator = await start({ disallowedIntents: MESSAGE_CONTENT });
    const reader = closing(createReader(simulator));
    await expect(reader.client.login(TOKEN)).rejects.toThrow(/disallowed intents/i);
    expect(simulator.sessions().connections[0]?.close_code).toBe(4014);
  });
});
