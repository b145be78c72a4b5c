import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { GatewayIntentBits } from 'discord.js';
import type { DiscordSimulator } from '../src/index.ts';
import { ALL_INTENTS, connectReader } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits;
const EMBED = { title: 'a title' };
const FILE = { filename: 'a.png', size: 1, contentType: 'image/png', width: 1, height: 1, description: null };
const EMPTY = { content: '', embeds: [], attachments: [], components: [] };

describe('intents', () => {
  const { start, closing } = createHarness();

  it('decide which dispatches a session gets', async () => {
    const simulator = await start();
    const all = closing(await connectReader(simulator));
    const messagesOnly = closing(await connectReader(simulator, Guilds | GuildMessages));
    const guildsOnly = closing(await connectReader(simulator, Guilds));
    const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'x' });
    simulator.act({ op: 'react', message: id, user: 'bob', emoji: '👍' });
    simulator.act({ op: 'rename_channel', channel: channelOf(simulator), name: 'pier' });
    await guildsOnly.until(() => guildsOnly.of('CHANNEL_UPDATE').length === 1);
    await messagesOnly.until(() => messagesOnly.of('CHANNEL_UPDATE').length === 1);
    await all.until(() => all.of('CHANNEL_UPDATE').length === 1);
    const types = [all, messagesOnly, guildsOnly].map(({ dispatches }) => dispatches.slice(2).map(({ t }) => t));
    expect(types).toEqual([
      ['MESSAGE_CREATE', 'MESSAGE_REACTION_ADD', 'CHANNEL_UPDATE'],
      ['MESSAGE_CREATE', 'CHANNEL_UPDATE'],
      ['CHANNEL_UPDATE'],
    ]);
    // Each session counts its own.
    expect(messagesOnly.dispatches.map(({ s }) => s)).toEqual([1, 2, 3, 4]);
  });

  it('without message content strip every content field, of the answered message too', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator, ALL_INTENTS & ~MessageContent));
    const first = simulator.createMessage({
      channel: 'quay',
      user: 'ada',
      text: 'secret',
      embeds: [EMBED],
      attachments: [FILE],
    });
    simulator.createMessage({ channel: 'quay', user: 'bob', text: 'reply', replyTo: first.id });
    simulator.editMessage(first.id, 'changed');
    await reader.until(() => reader.of('MESSAGE_UPDATE').length === 1);
    expect(reader.of('MESSAGE_CREATE')[0]?.d).toMatchObject({ ...EMPTY, id: first.id, author: { username: 'ada' } });
    expect(reader.of('MESSAGE_CREATE')[1]?.d).toMatchObject({
      ...EMPTY,
      referenced_message: { ...EMPTY, id: first.id },
    });
    expect(reader.of('MESSAGE_UPDATE')[0]?.d).toMatchObject(EMPTY);
  });

  it('without message content leave messages that mention the bot, and its own', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator, Guilds | GuildMessages));
    const me = reader.client.user.id;
    simulator.createMessage({ channel: 'quay', user: 'ada', text: `hello <@${me}>` });
    const channel = await reader.client.channels.fetch(channelOf(simulator));
    if (channel?.isSendable() !== true) throw new TypeError('the quay takes messages');
    await channel.send('my own words');
    simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hello nobody' });
    await reader.until(() => reader.of('MESSAGE_CREATE').length === 3);
    expect(reader.of('MESSAGE_CREATE').map(({ d }) => d.content)).toEqual([`hello <@${me}>`, 'my own words', '']);
  });

  it('switched off in the portal strip contents on REST and clear the application flags', async () => {
    const simulator = await start({ disallowedIntents: MessageContent });
    const reader = closing(await connectReader(simulator, Guilds | GuildMessages));
    const { id, channel_id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'secret' });
    expect(await reader.client.rest.get(`/channels/${channel_id}/messages/${id}`)).toMatchObject(EMPTY);
    const CONTENT_FLAGS = (1 << 18) | (1 << 19);
    expect(JSON.parse(JSON.stringify(reader.of('READY')[0]?.d.application)).flags & CONTENT_FLAGS).toBe(0);
  });
});

function channelOf(simulator: DiscordSimulator): string {
  return simulator.status().guilds[0]?.channels[0]?.id ?? '';
}
