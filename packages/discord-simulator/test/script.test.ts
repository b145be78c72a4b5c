import { checkLeaks, eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identify, openRawSocket } from './support/raw-socket.ts';
import { connectReader } from './support/reader.ts';
import { createHarness } from './support/running.ts';
import { writeScript } from './support/script-file.ts';

checkLeaks();

const TS = '2017-05-11T15:46:08.512661';
const line = (user: string, text: string, more: object = {}) => ({
  ts: TS,
  community: 'racket',
  channel: 'general',
  user,
  text,
  conversation: '1',
  ...more,
});

describe('a script', () => {
  const { start, closing } = createHarness();

  async function play(lines: readonly unknown[], rate = 0) {
    const { file } = closing(writeScript(lines));
    const simulator = await start({ script: file, rate, guilds: [] });
    const before = simulator.status();
    const reader = closing(await connectReader(simulator));
    await simulator.finished;
    const total = simulator.truth().total;
    await reader.until(() => reader.dispatches.length === total + before.guilds.length + 1);
    return { simulator, reader, before, received: reader.dispatches.slice(before.guilds.length + 1) };
  }

  it('is played once, in order and verbatim, and its places are in the first GUILD_CREATE', async () => {
    const long = 'x'.repeat(5000);
    const odd = 'tabs\tand "quotes" <@Nobody> 🦊 \u0000 \\ end ';
    const lines = [
      line('Ada', 'first'),
      line('Bob', long),
      '',
      line('Ada', odd),
      line('Cyd', '', { community: 'other' }),
    ];
    const { simulator, reader, received, before } = await play(lines);
    expect(received.map(({ d }) => d.content)).toEqual(['first', long, odd, '']);
    expect(before).toMatchObject({ ready: false, messages: 0, script: { played: 0, total: 4 } });
    const [first, second] = reader.of('GUILD_CREATE');
    expect([first?.d, second?.d]).toMatchObject([
      { name: 'racket', channels: [{ name: 'general' }], member_count: 3 },
      { name: 'other', channels: [{ name: 'general' }], member_count: 2 },
    ]);
    expect(simulator.status().script).toMatchObject({ played: 4, skipped: 0, finished: true });
  });

  it('acts on its earlier lines', async () => {
    const { simulator, received } = await play([
      line('Ada', 'one'),
      line('Bob', 'two', { reply_to: 1 }),
      { op: 'edit', line: 1, text: 'one, edited' },
      { op: 'react', line: 2, user: 'Cyd', emoji: '👍' },
      { op: 'unreact', line: 2, user: 'Cyd', emoji: '👍' },
      { op: 'react', line: 2, user: 'Ada', emoji: '🎉' },
      { op: 'clear_reactions', line: 2 },
      { op: 'pin', line: 1 },
      { op: 'refresh', line: 1, embeds: [{ title: 'unfurled' }] },
      { op: 'thread', line: 2, name: 'aside' },
      line('Cyd', 'inside', { thread: 10 }),
      { op: 'archive_thread', line: 10 },
      { op: 'wait', ms: 1 },
      { op: 'forward', line: 1, channel: 'elsewhere', user: 'Bob' },
      { op: 'poll', community: 'racket', channel: 'general', user: 'Ada', question: 'tea?', answers: ['yes', 'no'] },
      { op: 'vote', line: 15, user: 'Bob', answer: 1 },
      { op: 'close_poll', line: 15 },
      line('Ada', 'going'),
      line('Ada', 'going too', { attachments: [{ filename: 'a.png', content_type: 'image/png', size: 9 }] }),
      { op: 'bulk_delete', lines: [18, 19] },
      { op: 'delete', line: 1 },
      { op: 'edit', line: 1, text: 'too late' },
      { op: 'rename_channel', community: 'racket', channel: 'elsewhere', name: 'nowhere' },
    ]);
    expect(received.map(({ t }) => t)).toEqual([
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_REACTION_ADD',
      'MESSAGE_REACTION_REMOVE',
      'MESSAGE_REACTION_ADD',
      'MESSAGE_REACTION_REMOVE_ALL',
      ...['MESSAGE_UPDATE', 'CHANNEL_PINS_UPDATE', 'MESSAGE_CREATE'],
      'MESSAGE_UPDATE',
      ...['THREAD_CREATE', 'MESSAGE_UPDATE', 'MESSAGE_CREATE'],
      'MESSAGE_CREATE',
      'THREAD_UPDATE',
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'MESSAGE_POLL_VOTE_ADD',
      ...['MESSAGE_UPDATE', 'MESSAGE_CREATE'],
      'MESSAGE_CREATE',
      'MESSAGE_CREATE',
      'MESSAGE_DELETE_BULK',
      'MESSAGE_DELETE',
      'CHANNEL_UPDATE',
    ]);
    const [one, two] = received;
    expect(two?.d).toMatchObject({ type: 19, referenced_message: { id: one?.d.id } });
    expect(received[10]?.d).toMatchObject({ embeds: [{ title: 'unfurled', type: 'rich' }] });
    expect(received[14]?.d).toMatchObject({ content: 'inside', channel_id: two?.d.id, channel_type: 11 });
    expect(received[16]?.d).toMatchObject({
      content: '',
      message_snapshots: [{ message: { content: 'one, edited' } }],
    });
    expect(received[19]?.d).toMatchObject({
      poll: { results: { is_finalized: true, answer_counts: [{ id: 1, count: 1 }] } },
    });
    expect(received[20]?.d).toMatchObject({ type: 46, embeds: [{ type: 'poll_result' }] });
    expect(received[22]?.d).toMatchObject({ attachments: [{ filename: 'a.png', size: 9 }] });
    expect(simulator.status().script).toMatchObject({ total: 23, played: 23, skipped: 1, finished: true });
  });

  it('of many lines arrives whole, with ids ascending, at full speed and at a pace', async () => {
    const lines = Array.from({ length: 800 }, (_, index) => line(`user ${index % 7}`, `line ${index}`));
    for (const rate of [0, 4000]) {
      const { received } = await play(lines, rate);
      expect(received.map(({ d }) => d.content)).toEqual(lines.map(({ text }) => text));
      const ids = received.map(({ d }) => BigInt(d.id ?? 0));
      expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0n))).toBe(true);
    }
  });

  it('goes on while no client is connected, and a resume brings the rest', async () => {
    const lines = Array.from({ length: 40 }, (_, index) => line('Ada', `line ${index}`));
    const { file } = closing(writeScript(lines));
    const simulator = await start({ script: file, rate: 100, guilds: [] });
    simulator.faults.add({ kind: 'drop', after: 10 });
    const reader = closing(await connectReader(simulator));
    await reader.until(() => reader.of('MESSAGE_CREATE').length === 40);
    expect(reader.of('MESSAGE_CREATE').map(({ d }) => d.content)).toEqual(lines.map(({ text }) => text));
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it.each([
    ['{"community":"a"', 'is not valid JSON'],
    ['[1]', 'must be a JSON object'],
    [{ ...line('Ada', 'x'), text: 5 }, '"text" must be a string'],
    [{ ...line('Ada', 'x'), channel: '' }, '"channel" must not be empty'],
    [{ op: 'explode' }, 'unknown op "explode"'],
    [{ op: 'edit', line: 4, text: 'x' }, 'line 4 is not an earlier line that makes a message'],
    [{ op: 'archive_thread', line: 1 }, 'line 1 is not an earlier line that makes a thread'],
    [{ op: 'toString', line: 1 }, 'unknown op "toString"'],
  ])('with the line %j stops the start, naming file and line', async (bad, reason) => {
    const { file } = closing(writeScript([line('Ada', 'fine'), '', bad]));
    await expect(start({ script: file })).rejects.toThrow(`${file} line 3: ${reason}`);
  });

  it('that is not there stops the start', async () => {
    await expect(start({ script: '/nowhere/at/all.ndjson' })).rejects.toThrow('/nowhere/at/all.ndjson: cannot be read');
  });

  it('at full speed waits for a reader that does not read', async () => {
    const lines = Array.from({ length: 8000 }, (_, index) => line('Ada', `${index} ${'x'.repeat(4000)}`));
    const { file } = closing(writeScript(lines));
    const simulator = await start({ script: file, rate: 0, guilds: [] });
    const socket = closing(openRawSocket(simulator));
    socket.send(identify());
    await socket.frame(({ t }) => t === 'MESSAGE_CREATE');
    socket.pause();
    await eventually(() => {
      expect(simulator.sessions().connections[0]?.unsent_bytes).toBeGreaterThan(2 ** 20);
    });
    expect(simulator.status().script).toMatchObject({ finished: false });
    socket.resume();
    await simulator.finished;
    await socket.frame(({ s }) => s === 8002);
    expect(socket.frames.filter(({ t }) => t === 'MESSAGE_CREATE')).toHaveLength(8000);
  });

  it('stops when the simulator closes, even while it waits for a reader', async () => {
    const lines = Array.from({ length: 8000 }, (_, index) => line('Ada', `${index} ${'x'.repeat(4000)}`));
    const { file } = closing(writeScript(lines));
    const simulator = await start({ script: file, rate: 0, guilds: [] });
    const socket = closing(openRawSocket(simulator));
    socket.send(identify());
    await socket.frame(({ t }) => t === 'MESSAGE_CREATE');
    socket.pause();
    await eventually(() => {
      expect(simulator.sessions().connections[0]?.unsent_bytes).toBeGreaterThan(2 ** 20);
    });
    await simulator.close();
    expect(simulator.status().script?.finished).toBe(false);
    socket.resume();
    await socket.closed;
  });

  it('keeps any text as it is, from the file to the client', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 20 }), async (texts) => {
        const { received } = await play(texts.map((text) => line('Ada', text)));
        expect(received.map(({ d }) => d.content)).toEqual(texts);
      }),
      { numRuns: 3 },
    );
  });
});
