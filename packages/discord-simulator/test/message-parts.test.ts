import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import type { DiscordSimulator } from '../src/index.ts';
import { connectReader } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

async function post(simulator: DiscordSimulator, path: string, body: object) {
  const response = await fetch(`${simulator.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

describe('parts of messages', () => {
  const { start, closing } = createHarness();

  it('stickers, components and recordings go into the message and its flags', async () => {
    const simulator = await start();
    const place = { channel: 'quay', user: 'ada', text: '' };
    const said = async (parts: object) => (await post(simulator, '/messages', { ...place, ...parts })).body;
    expect(await said({ stickers: [{ id: '1200000000000000055', name: 'wave' }] })).toMatchObject({
      sticker_items: [{ id: '1200000000000000055', name: 'wave', format_type: 1 }],
    });
    const components = [{ type: 10, content: 'Hello' }];
    expect(await said({ components })).toMatchObject({ components, flags: 1 << 15 });
    expect(await said({ attachments: [{ filename: 'v.ogg', duration_secs: 4.5, waveform: 'AA==' }] })).toMatchObject({
      attachments: [{ duration_secs: 4.5, waveform: 'AA==' }],
      flags: 1 << 13,
    });
    expect(await said({ type: 7 })).toMatchObject({ type: 7 });
    expect((await post(simulator, '/messages', { ...place, stickers: [{ name: 'x' }] })).status).toBe(400);
  });

  it('a super reaction counts beside a normal one of the same user', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const { body } = await post(simulator, '/messages', { channel: 'quay', user: 'ada', text: 'x' });
    const react = (op: string, burst: boolean) =>
      post(simulator, '/actions', { op, message: body.id, user: 'bob', emoji: '👍', burst });
    await react('react', false);
    await react('react', true);
    const message = () => simulator.truth().messages.at(-1);
    expect(message()?.reactions).toMatchObject([
      {
        count: 2,
        count_details: { burst: 1, normal: 1 },
        burst_colors: [expect.stringMatching(/^#/), expect.anything()],
      },
    ]);
    await react('unreact', true);
    await react('unreact', true);
    expect(message()?.reactions).toMatchObject([
      { count: 1, count_details: { burst: 0, normal: 1 }, burst_colors: [] },
    ]);
    await reader.until(() => reader.of('MESSAGE_REACTION_REMOVE').length === 1);
    expect(reader.of('MESSAGE_REACTION_ADD')).toMatchObject([
      { d: { burst: false, type: 0 } },
      { d: { burst: true, type: 1, burst_colors: [expect.stringMatching(/^#/), expect.anything()] } },
    ]);
  });
});

describe('guilds and members', () => {
  const { start, closing } = createHarness();

  it('change their names and colours as dispatches, and members silently', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    const act = (action: object) => post(simulator, '/actions', action);
    await act({ op: 'rename_guild', guild: 'Harbour', name: 'Port' });
    await act({ op: 'color_role', guild: 'Port', role: 'Helper', color: 0x123456 });
    await act({ op: 'member', guild: 'Port', user: 'ada', nick: 'Countess', avatar: 'cafe' });
    simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hi' });
    await act({ op: 'member', guild: 'Port', user: 'ada', nick: '' });
    simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hi again' });
    await reader.until(() => reader.of('MESSAGE_CREATE').length === 2);
    expect(reader.of('GUILD_UPDATE')).toMatchObject([{ d: { name: 'Port' } }]);
    expect(reader.of('GUILD_ROLE_UPDATE')).toMatchObject([{ d: { role: { name: 'Helper', color: 0x123456 } } }]);
    expect(reader.of('MESSAGE_CREATE')).toMatchObject([
      { d: { member: { nick: 'Countess', avatar: 'cafe' } } },
      { d: { member: { nick: null, avatar: 'cafe' } } },
    ]);
    expect((await act({ op: 'color_role', guild: 'Port', role: 'Nobody', color: 1 })).status).toBe(400);
  });

  it('a guild that the bot left is gone, and no message of it is said to be deleted', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.createMessage({ channel: 'quay', user: 'ada', text: 'hi' });
    await post(simulator, '/actions', { op: 'leave_guild', guild: 'Harbour' });
    await reader.until(() => reader.of('GUILD_DELETE').length === 1);
    expect(reader.of('GUILD_DELETE')).toMatchObject([{ d: { id: expect.any(String) } }]);
    expect(reader.of('GUILD_DELETE')[0]?.d).not.toHaveProperty('unavailable');
    expect(reader.of('MESSAGE_DELETE')).toEqual([]);
    expect(simulator.truth().messages).toMatchObject([{ deleted: true }]);
    expect((await post(simulator, '/messages', { channel: 'quay', user: 'ada', text: 'x' })).status).toBe(400);
  });
});

describe('polls', () => {
  const { start } = createHarness();

  it('a poll without a clear winner has no victor', async () => {
    const simulator = await start();
    const channel = simulator.status().guilds[0]?.channels[0]?.id ?? '';
    const poll = { op: 'poll', channel, user: 'ada', question: 'tea?', answers: ['yes', 'no'] } as const;
    const made = simulator.act(poll);
    const message = made.kind === 'message' ? made.message.id : '';
    simulator.act({ op: 'vote', message, user: 'ada', answer: 1 });
    simulator.act({ op: 'vote', message, user: 'bob', answer: 2 });
    simulator.act({ op: 'close_poll', message });
    const fields = simulator
      .truth()
      .messages.at(-1)
      ?.embeds[0]?.fields?.map(({ name }) => name);
    expect(fields).toEqual(['poll_question_text', 'victor_answer_votes', 'total_votes']);
  });
});
