import { describe, expect, it } from '@jest/globals';
import { ChannelType } from 'discord-api-types/v10';
import fc from 'fast-check';
import { gatewayMessage } from '../src/world/message-object.ts';
import { createMessage, editMessage, refreshEmbeds } from '../src/world/messages.ts';
import type { Message } from '../src/world/model.ts';
import { isPlain } from '../src/world/plain-message-body.ts';
import { stripContent } from '../src/world/strip-content.ts';
import { createWorld, ensureChannel, ensureGuild, ensureMember } from '../src/world/world.ts';
import type { WorldEvent } from '../src/world/world-event.ts';

function createPlace(now: () => number = Date.now) {
  const world = createWorld({ seed: 1, now, botName: 'Bot', maxMessages: 1000 });
  const guild = ensureGuild(world, 'Harbour');
  const channel = ensureChannel(world, guild, { name: 'quay', type: ChannelType.GuildText });
  const { user } = ensureMember(world, guild, { name: 'ada', nick: 'Ada "the" 🦊', roles: ['Moderator'] });
  const events: WorldEvent[] = [];
  world.emit = (event) => events.push(event);
  const say = (content: string): Message => createMessage(world, { channel, author: user, content });
  return { world, channel, user, events, say };
}

describe('a message object', () => {
  it('is the same whether encoded the short way or the long way', () => {
    const { world, events, say } = createPlace();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        const message = say(content);
        const event = events.at(-1);
        const long = gatewayMessage(world, message);
        expect(JSON.parse(event?.body ?? '')).toEqual(JSON.parse(JSON.stringify(long)));
        const stripped = stripContent(world.bot.id, long);
        expect(JSON.parse(event?.strippedBody?.() ?? '')).toEqual(JSON.parse(JSON.stringify(stripped)));
        expect(isPlain(message)).toBe(!content.includes('@'));
      }),
    );
  });

  it('tells of an edit with microseconds that an unfurl cuts off', () => {
    const nowMs = Date.UTC(2026, 0, 1, 0, 0, 0, 123);
    const { world, say } = createPlace(() => nowMs);
    const message = say('https://example.org');
    expect(gatewayMessage(world, message)).toMatchObject({
      timestamp: '2026-01-01T00:00:00.123000+00:00',
      edited_timestamp: null,
    });
    editMessage(world, message, 'see https://example.org');
    const edited = gatewayMessage(world, message).edited_timestamp ?? '';
    expect(edited).toMatch(/^2026-01-01T00:00:00\.123[0-9]{3}\+00:00$/);
    refreshEmbeds(world, message, [{ title: 'Example' }]);
    const refreshed = gatewayMessage(world, message).edited_timestamp ?? '';
    expect(refreshed).toBe('2026-01-01T00:00:00.123000+00:00');
    expect(refreshed < edited).toBe(true);
    editMessage(world, message, 'see again');
    expect(gatewayMessage(world, message).edited_timestamp?.slice(0, 23)).toBe('2026-01-01T00:00:00.124');
  });

  it('is forgotten, oldest first, when the world holds more than it may', () => {
    const { world, channel, say } = createPlace();
    const ids = Array.from({ length: 2000 }, (_, index) => say(`m${index}`).id);
    expect(world.messages.size).toBeLessThanOrEqual(1000);
    expect(channel.messages.map(({ id }) => id)).toEqual(ids.slice(-channel.messages.length));
    expect(channel.messages.length).toBe(world.messages.size);
  });
});
