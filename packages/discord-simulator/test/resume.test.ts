import { checkLeaks } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import type { DiscordSimulator } from '../src/index.ts';
import { identify, openRawSocket } from './support/raw-socket.ts';
import { connectReader, type Reader, TOKEN } from './support/reader.ts';
import { createHarness } from './support/running.ts';

checkLeaks();

function say(simulator: DiscordSimulator, text: string): string {
  return simulator.createMessage({ channel: 'quay', user: 'ada', text }).id;
}

function textsOf(reader: Reader): unknown[] {
  return reader.of('MESSAGE_CREATE').map(({ d }) => d.content);
}

describe('a lost connection', () => {
  const { start, closing } = createHarness();

  it.each([1006, 4000, 4009])('closed with %i is resumed, with exactly what was missed', async (code) => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    say(simulator, 'before');
    await reader.until(() => textsOf(reader).length === 1);
    expect(simulator.faults.add({ kind: 'drop', code })).toMatchObject({ fired: 1, armed: false });
    for (const text of ['missed 1', 'missed 2', 'missed 3']) say(simulator, text);
    await reader.until(() => reader.of('RESUMED').length === 1);
    say(simulator, 'after');
    await reader.until(() => textsOf(reader).length === 5);
    expect(textsOf(reader)).toEqual(['before', 'missed 1', 'missed 2', 'missed 3', 'after']);
    expect(reader.dispatches.map(({ s }) => s)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { identifies, resumes, connections } = simulator.sessions();
    expect({ identifies, resumes }).toEqual({ identifies: 1, resumes: 1 });
    expect(connections.map(({ greeting, via_resume_url }) => [greeting, via_resume_url])).toEqual([
      ['identify', false],
      ['resume', true],
    ]);
  });

  it('by op 7 is resumed', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    expect(simulator.faults.add({ kind: 'reconnect' }).fired).toBe(1);
    say(simulator, 'meanwhile');
    await reader.until(() => reader.of('RESUMED').length === 1 && textsOf(reader).length === 1);
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it('by op 9 true is resumed on the same socket', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    expect(simulator.faults.add({ kind: 'invalid_session', resumable: true }).fired).toBe(1);
    say(simulator, 'meanwhile');
    await reader.until(() => reader.of('RESUMED').length === 1 && textsOf(reader).length === 1);
    const { identifies, resumes, connections } = simulator.sessions();
    expect({ identifies, resumes, sockets: connections.length }).toEqual({ identifies: 1, resumes: 1, sockets: 1 });
  });

  it('by op 9 false starts a new session, and what was missed is only on REST', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    expect(simulator.faults.add({ kind: 'invalid_session', resumable: false }).fired).toBe(1);
    say(simulator, 'never dispatched to this client');
    await reader.until(() => reader.of('READY').length === 2);
    say(simulator, 'after');
    await reader.until(() => textsOf(reader).length === 1);
    expect(textsOf(reader)).toEqual(['after']);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 0 });
  });

  it('closed with 1000 by the server ends the session', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'drop', code: 1000 });
    await reader.until(() => reader.of('READY').length === 2);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 0 });
  });

  it('whose session expired meanwhile is refused with op 9 and identified anew', async () => {
    const simulator = await start();
    const reader = closing(await connectReader(simulator));
    expect(simulator.faults.add({ kind: 'expire_session' }).fired).toBe(1);
    await reader.until(() => reader.of('READY').length === 2);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 1 });
    expect(reader.of('RESUMED')).toEqual([]);
  });

  it('that outlasts the session lifetime is not resumed', async () => {
    // discord.js waits half a second before it reconnects.
    const simulator = await start({ resumeLifetimeMs: 50 });
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'drop' });
    await reader.until(() => reader.of('READY').length === 2);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 1 });
  });

  it('that missed more than the buffer holds is not resumed', async () => {
    const simulator = await start({ resumeBufferSize: 10 });
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'drop' });
    for (let index = 0; index < 11; index += 1) say(simulator, `missed ${index}`);
    await reader.until(() => reader.of('READY').length === 2);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 1 });
    expect(textsOf(reader)).toEqual([]);
  });

  it('that missed exactly what the buffer holds is resumed', async () => {
    const simulator = await start({ resumeBufferSize: 10 });
    const reader = closing(await connectReader(simulator));
    simulator.faults.add({ kind: 'drop' });
    for (let index = 0; index < 10; index += 1) say(simulator, `missed ${index}`);
    await reader.until(() => reader.of('RESUMED').length === 1);
    expect(textsOf(reader)).toHaveLength(10);
  });
});

describe('RESUME', () => {
  const { start, closing } = createHarness();

  async function identified(simulator: DiscordSimulator) {
    const socket = closing(openRawSocket(simulator));
    socket.send(identify());
    const { d } = await socket.frame(({ t }) => t === 'READY');
    await socket.frame(({ t }) => t === 'GUILD_CREATE');
    return { socket, sessionId: JSON.parse(JSON.stringify(d)).session_id };
  }

  it('with a sequence from the future is closed with 4007', async () => {
    const simulator = await start();
    const { socket, sessionId } = await identified(simulator);
    socket.close(4000);
    const second = closing(openRawSocket(simulator));
    second.send({ op: 6, d: { token: TOKEN, session_id: sessionId, seq: 99 } });
    expect(await second.closed).toBe(4007);
  });

  it('of an unknown session, or with another token, is answered with op 9 false', async () => {
    const simulator = await start();
    const { sessionId } = await identified(simulator);
    for (const d of [
      { token: TOKEN, session_id: 'nobody', seq: 1 },
      { token: 'another.bot.token', session_id: sessionId, seq: 1 },
    ]) {
      const socket = closing(openRawSocket(simulator));
      socket.send({ op: 6, d });
      expect(await socket.frame(({ op }) => op === 9)).toMatchObject({ op: 9, d: false });
      // The socket is still good for an IDENTIFY.
      socket.send(identify());
      await socket.frame(({ t }) => t === 'READY');
    }
  });

  it('takes a session over from the socket that still holds it', async () => {
    const simulator = await start();
    const { socket, sessionId } = await identified(simulator);
    const thief = closing(openRawSocket(simulator));
    thief.send({ op: 6, d: { token: TOKEN, session_id: sessionId, seq: 2 } });
    await thief.frame(({ t }) => t === 'RESUMED');
    expect(await socket.closed).toBe(4000);
    say(simulator, 'to the thief');
    await thief.frame(({ t }) => t === 'MESSAGE_CREATE');
    expect(socket.frames.some(({ t }) => t === 'MESSAGE_CREATE')).toBe(false);
  });

  it('is impossible after the client closed with 1000', async () => {
    const simulator = await start();
    const { socket, sessionId } = await identified(simulator);
    socket.close(1000);
    await socket.closed;
    const second = closing(openRawSocket(simulator));
    second.send({ op: 6, d: { token: TOKEN, session_id: sessionId, seq: 2 } });
    expect(await second.frame(({ op }) => op === 9)).toMatchObject({ d: false });
  });

  it('finds nothing before the acknowledged sequence on a server that trims', async () => {
    const simulator = await start({ trimOnHeartbeat: true });
    const { socket, sessionId } = await identified(simulator);
    const { id } = simulator.createMessage({ channel: 'quay', user: 'ada', text: 'acknowledged' });
    await socket.frame(({ t }) => t === 'MESSAGE_CREATE');
    socket.send({ op: 1, d: 3 });
    await socket.frame(({ op }) => op === 11);
    simulator.editMessage(id, 'not acknowledged');
    socket.close(4000);
    await socket.closed;
    const tooOld = closing(openRawSocket(simulator));
    tooOld.send({ op: 6, d: { token: TOKEN, session_id: sessionId, seq: 2 } });
    expect(await tooOld.frame(({ op }) => op === 9)).toMatchObject({ d: false });
  });
});
