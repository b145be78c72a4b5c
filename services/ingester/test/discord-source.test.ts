import { type DiscordSimulator, type DiscordSimulatorOptions, startDiscordSimulator } from '@dms/discord-simulator';
import { checkLeaks, eventually, type FaultProxy, freePort, startFaultProxy } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DiscordRefusedError } from '../src/discord-refused-error.ts';
import type { FreshSession, RawDispatch } from '../src/discord-session.ts';
import { createDiscordSource, type DiscordSource } from '../src/discord-source.ts';
import type { ResumePoint } from '../src/session-memory.ts';
import { recordingLogger } from './support/recording-logger.ts';

const TOKEN = 'dGVzdA.source.test';
const CONTENT_INTENT = 1 << 15;
/** Of both sides: the simulator refuses whoever comes back sooner. Discord's 5 s would only make the tests longer. */
const IDENTIFY_INTERVAL_MS = 1_000;
const cleanups: (() => Promise<unknown>)[] = [];

async function startSimulator(options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> {
  const guilds = [{ name: 'The Guild', channels: ['general', 'random'], members: ['ada'] }];
  const simulator = await startDiscordSimulator({ guilds, identifyIntervalMs: IDENTIFY_INTERVAL_MS, ...options });
  cleanups.push(() => simulator.close());
  return simulator;
}

interface SourceOptions {
  readonly token?: string;
  readonly onDispatch?: (dispatch: RawDispatch) => void;
  readonly point?: ResumePoint | null;
  /** False: nothing is ever stored. */
  readonly isStoring?: boolean;
  readonly used?: number;
  readonly resumeTimeoutMs?: number;
  readonly loginTimeoutMs?: number;
  readonly untilLeading?: () => Promise<void>;
}

function startSource(apiUrl: string, options: SourceOptions = {}) {
  const { token = TOKEN, onDispatch = (): void => {}, point = null, isStoring = true, used = 0 } = options;
  const { resumeTimeoutMs, loginTimeoutMs, untilLeading } = options;
  const dispatches: RawDispatch[] = [];
  const freshSessions: FreshSession[] = [];
  const spent: number[] = [];
  let resumes = 0;
  const refusals: DiscordRefusedError[] = [];
  const logger = recordingLogger();
  const source: DiscordSource = createDiscordSource({
    token,
    apiUrl,
    logger,
    identifyIntervalMs: IDENTIFY_INTERVAL_MS,
    ...{ resumeTimeoutMs, loginTimeoutMs },
    ...(untilLeading !== undefined && { untilLeading }),
    budget: {
      async read() {
        const last = spent.at(-1);
        return {
          used: used + spent.length,
          resetsInMs: 60_000,
          sinceLastMs: last === undefined ? null : performance.now() - last,
        };
      },
      spend: async () => void spent.push(performance.now()),
    },
    listener: {
      dispatch(dispatch) {
        dispatches.push(dispatch);
        onDispatch(dispatch);
        if (isStoring) source.acknowledge(dispatch.point);
      },
      freshSession: (session) => void freshSessions.push(session),
      resumed() {
        resumes += 1;
      },
      refused: (error) => void refusals.push(error),
    },
  });
  cleanups.push(() => source.disconnect());
  source.connect(point);
  const connected = (): Promise<void> =>
    eventually(() => expect(source.state.discord).toBe('connected'), { timeoutMs: 15_000 });
  const contents = (): readonly string[] =>
    dispatches.filter(({ type }) => type === 'MESSAGE_CREATE').map(({ data }) => contentOf(data));
  return { source, dispatches, freshSessions, refusals, logger, connected, contents, spent, resumes: () => resumes };
}

const contentOf = (data: unknown): string =>
  typeof data === 'object' && data !== null && 'content' in data ? String(data.content) : '';

const say = (simulator: DiscordSimulator, ...texts: readonly string[]): void => {
  for (const text of texts) simulator.createMessage({ channel: 'general', user: 'ada', text });
};

const numbered = (count: number, prefix = ''): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

afterEach(async () => {
  // Last opened, first closed: sources leave before their simulator.
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
checkLeaks();

describe('discord source, connected', () => {
  it('I9: lets Discord wait while it is paused, and misses nothing', async () => {
    const simulator = await startSimulator();
    const { source, contents, connected } = startSource(simulator.apiUrl, {
      onDispatch: ({ type }) => void (type === 'MESSAGE_CREATE' && contents().length === 1 && source.socket.pause()),
    });
    await connected();
    const texts = Array.from({ length: 5_000 }, (_, index) => `text ${index}`);
    for (const text of texts) simulator.createMessage({ channel: 'general', user: 'ada', text });
    await eventually(() => expect(contents().length).toBeGreaterThan(0));
    const [guild] = simulator.status().guilds;
    const roundTrip = () => source.hasChannel(guild?.channels[0]?.id ?? '', AbortSignal.timeout(5_000));
    await roundTrip();
    const read = contents().length;
    await roundTrip();
    expect(contents().length).toBe(read);
    expect(read).toBeLessThan(texts.length);

    source.socket.resume();
    await eventually(() => expect(contents()).toEqual(texts), { timeoutMs: 10_000 });
  });

  it('hands over READY, the guilds and every dispatch in Discord’s order', async () => {
    const simulator = await startSimulator();
    const { dispatches, freshSessions, connected, contents } = startSource(simulator.apiUrl);
    await connected();
    say(simulator, ...numbered(300));
    await eventually(() => expect(contents()).toEqual(numbered(300)));
    expect(dispatches.slice(0, 2).map(({ type }) => type)).toEqual(['READY', 'GUILD_CREATE']);
    expect(dispatches.every(({ origin }) => origin === 'live')).toBe(true);
    expect(freshSessions).toEqual([{ hasMessageContent: true, guildIds: [simulator.status().guilds[0]?.id] }]);
  });

  it('tells when the application lacks the message content intent', async () => {
    const simulator = await startSimulator();
    simulator.faults.add({ kind: 'strip_content' });
    const { connected, freshSessions } = startSource(simulator.apiUrl);
    await connected();
    expect(freshSessions).toMatchObject([{ hasMessageContent: false }]);
  });

  it('survives a listener that throws, and goes on with the next dispatch', async () => {
    const simulator = await startSimulator();
    const onDispatch = ({ type }: RawDispatch): void => {
      if (type === 'MESSAGE_CREATE') throw new Error('listener is broken');
    };
    const { connected, contents, logger } = startSource(simulator.apiUrl, { onDispatch });
    await connected();
    say(simulator, '1', '2');
    await eventually(() => expect(contents()).toEqual(['1', '2']));
    expect(logger.lines).toContain('dispatch could not be handled');
  });

  it('pages through history, and tells a refusal from an outage', async () => {
    const simulator = await startSimulator();
    const { source, connected } = startSource(simulator.apiUrl);
    const { signal } = new AbortController();
    await connected();
    say(simulator, '1', '2');
    const [channel] = simulator.status().guilds[0]?.channels ?? [];
    const channelId = channel?.id ?? '';
    const page = await source.messages(channelId, { after: '0' }, signal);
    expect(page.kind === 'page' && Array.isArray(page.messages) && page.messages.map(contentOf)).toEqual(['2', '1']);
    simulator.faults.add({ kind: 'rest', status: 403, path: '/messages' });
    expect(await source.messages(channelId, { after: '0' }, signal)).toEqual({ kind: 'refused', status: 403 });
    simulator.faults.add({ kind: 'rest', status: 503, path: '/messages', times: 4 });
    await expect(source.messages(channelId, { after: '0' }, signal)).rejects.toThrow();
  });
});

describe('discord source, interrupted', () => {
  it.each([
    ['a socket that breaks', { kind: 'drop' }],
    ['a close of unknown reason (4000)', { kind: 'drop', code: 4000 }],
    ['op 7, reconnect', { kind: 'reconnect' }],
    ['op 9, resumable', { kind: 'invalid_session', resumable: true }],
  ] as const)('I5: %s is resumed; nothing is lost, repeated or reordered', async (_what, fault) => {
    const simulator = await startSimulator();
    const { dispatches, freshSessions, connected, contents } = startSource(simulator.apiUrl);
    await connected();
    say(simulator, ...numbered(50, 'before '));
    await eventually(() => expect(contents()).toHaveLength(50));
    expect(simulator.faults.add(fault).fired).toBe(1);
    say(simulator, ...numbered(50, 'missed '));
    await eventually(() => expect(dispatches.some(({ type }) => type === 'RESUMED')).toBe(true));
    say(simulator, ...numbered(50, 'after '));
    await eventually(() => expect(contents()).toHaveLength(150));
    expect(contents()).toEqual([...numbered(50, 'before '), ...numbered(50, 'missed '), ...numbered(50, 'after ')]);
    expect(freshSessions).toHaveLength(1);
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
    const originOf = (text: string) => dispatches.find(({ data }) => contentOf(data) === text)?.origin;
    expect([originOf('before 1'), originOf('after 50')]).toEqual(['live', 'live']);
    // On an open socket (op 7, op 9) they may have been under way before.
    if (fault.kind === 'drop') expect(originOf('missed 50')).toBe('resume');
  });

  // Measured: an ingester cut off from the database and the one that led instead took the session from each other twice a
  // second. discord.js asks for the session for each dispatch, too: one that waited there was overtaken and lost.
  it('I5: leaves its session alone while another one may lead, and then resumes it; nothing is lost or reordered', async () => {
    const simulator = await startSimulator();
    let leading = Promise.resolve();
    let lead = (): void => {};
    let asked = 0;
    const untilLeading = (): Promise<void> => {
      asked += 1;
      return leading;
    };
    const { connected, contents } = startSource(simulator.apiUrl, { untilLeading });
    await connected();
    leading = new Promise((resolve) => {
      lead = resolve;
    });
    say(simulator, ...numbered(50, 'before '));
    await eventually(() => expect(contents()).toHaveLength(50));
    simulator.faults.add({ kind: 'drop', code: 4000 });
    say(simulator, ...numbered(50, 'missed '));
    await eventually(() => expect(asked).toBe(2));
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 0 });
    lead();
    await eventually(() => expect(contents()).toHaveLength(100));
    expect(contents()).toEqual([...numbered(50, 'before '), ...numbered(50, 'missed ')]);
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it('marks what Discord replays on an open socket as resumed too', async () => {
    const simulator = await startSimulator();
    const { dispatches, connected } = startSource(simulator.apiUrl);
    await connected();
    simulator.faults.add({ kind: 'invalid_session', resumable: true });
    await eventually(() => expect(dispatches.at(-1)?.type).toBe('RESUMED'));
    say(simulator, 'later');
    await eventually(() => expect(dispatches.at(-1)).toMatchObject({ type: 'MESSAGE_CREATE', origin: 'live' }));
  });

  it('a session that Discord ended is followed by a fresh one, and says so', async () => {
    const simulator = await startSimulator();
    const { freshSessions, connected, contents, source } = startSource(simulator.apiUrl);
    await connected();
    simulator.faults.add({ kind: 'invalid_session', resumable: false });
    await eventually(() => expect(source.state.discord).not.toBe('connected'));
    await eventually(() => expect(freshSessions).toHaveLength(2), { timeoutMs: 15_000 });
    say(simulator, 'again');
    await eventually(() => expect(contents()).toEqual(['again']));
    // The pause between two IDENTIFYs was kept: none was refused.
    expect(simulator.sessions()).toMatchObject({ identifies: 2 });
  }, 30_000);

  it('RESUMEs that are refused again and again end in a fresh session, not in an endless loop', async () => {
    const simulator = await startSimulator();
    const { freshSessions, connected } = startSource(simulator.apiUrl);
    await connected();
    simulator.faults.add({ kind: 'refuse_resume', code: 4000, times: 0 });
    simulator.faults.add({ kind: 'drop' });
    await eventually(() => expect(freshSessions).toHaveLength(2), { timeoutMs: 20_000 });
    expect(simulator.sessions().resumes).toBeLessThanOrEqual(3);
  }, 30_000);
});

describe('discord source, taking up a session of another process', () => {
  it('I5: resumes it without an IDENTIFY from the last dispatch stored, and nothing is lost or repeated', async () => {
    const simulator = await startSimulator();
    const first = startSource(simulator.apiUrl, { isStoring: false });
    await first.connected();
    say(simulator, ...numbered(20));
    await eventually(() => expect(first.contents()).toHaveLength(20));
    // Only the first ten were stored.
    const point = first.dispatches.find(({ data }) => contentOf(data) === '10')?.point ?? null;
    await first.source.disconnect();
    say(simulator, ...numbered(5, 'meanwhile '));

    const second = startSource(simulator.apiUrl, { point });
    await second.connected();
    await eventually(() =>
      expect(second.contents()).toEqual([...numbered(20).slice(10), ...numbered(5, 'meanwhile ')]),
    );
    expect(
      second.dispatches.filter(({ type }) => type === 'MESSAGE_CREATE').every(({ origin }) => origin === 'resume'),
    ).toBe(true);
    expect([second.freshSessions, second.resumes()]).toEqual([[], 1]);
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
    say(simulator, 'live again');
    await eventually(() => expect(second.dispatches.at(-1)).toMatchObject({ type: 'MESSAGE_CREATE', origin: 'live' }));
  });

  it('heartbeats and RESUME carry what is stored, not what arrived', async () => {
    const simulator = await startSimulator({ heartbeatIntervalMs: 300 });
    const { source, connected, contents, dispatches } = startSource(simulator.apiUrl, { isStoring: false });
    await connected();
    say(simulator, ...numbered(10));
    await eventually(() => expect(contents()).toHaveLength(10));
    const stored = dispatches.find(({ data }) => contentOf(data) === '4')?.point;
    if (stored !== undefined) source.acknowledge(stored);
    await eventually(() => expect(simulator.sessions().sessions[0]?.acknowledged).toBe(stored?.sequence));
    simulator.faults.add({ kind: 'drop' });
    await eventually(() => expect(simulator.sessions().resumes).toBe(1));
    say(simulator, 'later');
    // Replayed from the fourth on, and handed over once all the same.
    await eventually(() => expect(contents()).toEqual([...numbered(10), 'later']));
    expect(simulator.sessions().connections.at(-1)?.sent_dispatches).toBeGreaterThan(7);
  });

  it.each([
    ['expired', (simulator: DiscordSimulator) => simulator.faults.add({ kind: 'expire_session' })],
    ['refused with op 9', (simulator: DiscordSimulator) => simulator.faults.add({ kind: 'refuse_resume' })],
    ['refused with 4007', (simulator: DiscordSimulator) => simulator.faults.add({ kind: 'refuse_resume', code: 4007 })],
    [
      'refused with 4009',
      (simulator: DiscordSimulator) => simulator.faults.add({ kind: 'refuse_resume', code: 4009, times: 0 }),
    ],
  ] as const)(
    'one that is %s is followed by a fresh one, which says so',
    async (_how, prepare) => {
      // Two processes, each with a count of its own: Discord must not mind the pace.
      const simulator = await startSimulator({ identifyIntervalMs: 0 });
      const first = startSource(simulator.apiUrl);
      await first.connected();
      const point = first.dispatches.at(-1)?.point ?? null;
      await first.source.disconnect();
      prepare(simulator);
      const second = startSource(simulator.apiUrl, { point });
      await eventually(() => expect(second.freshSessions).toHaveLength(1), { timeoutMs: 20_000 });
      expect(simulator.sessions().identifies).toBe(2);
    },
    30_000,
  );

  it('a Discord that cannot be reached for a while costs no session', async () => {
    const simulator = await startSimulator();
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: simulator.port });
    cleanups.push(() => proxy.close());
    const { connected, source, freshSessions, contents } = startSource(`http://127.0.0.1:${proxy.port}/api`);
    await connected();
    proxy.refuse();
    proxy.cut();
    await eventually(() => expect(source.state.detail).toBe('Discord cannot be reached, trying again'));
    say(simulator, ...numbered(3));
    proxy.heal();
    await eventually(() => expect(contents()).toEqual(numbered(3)), { timeoutMs: 20_000 });
    expect(freshSessions).toHaveLength(1);
    expect(simulator.sessions().identifies).toBe(1);
  }, 30_000);
});

describe('discord source, watching itself', () => {
  it('sends no IDENTIFY when too many were sent, and says what it waits for', async () => {
    const simulator = await startSimulator();
    const { source, spent, logger } = startSource(simulator.apiUrl, { used: 800 });
    await eventually(() => expect(source.state.detail).toMatch(/too many new sessions in the last 24 hours/));
    expect(simulator.sessions().identifies).toBe(0);
    expect(spent).toEqual([]);
    expect(logger.lines).toContain('identify budget is nearly used up, not connecting');
  });

  it('counts each IDENTIFY before it is sent', async () => {
    const simulator = await startSimulator();
    const { connected, spent } = startSource(simulator.apiUrl);
    await connected();
    expect(spent).toHaveLength(1);
  });

  it('a connection whose heartbeats are not answered is left and resumed', async () => {
    const simulator = await startSimulator({ heartbeatIntervalMs: 150 });
    const { connected, contents } = startSource(simulator.apiUrl);
    await connected();
    const fault = simulator.faults.add({ kind: 'no_ack' });
    await eventually(() => expect(simulator.sessions().resumes).toBeGreaterThanOrEqual(1), { timeoutMs: 10_000 });
    expect(simulator.faults.list().find(({ id }) => id === fault.id)?.fired).toBe(1);
    say(simulator, 'still here');
    await eventually(() => expect(contents()).toEqual(['still here']));
  }, 20_000);

  it('a RESUME needs no IDENTIFY: it goes on when Discord allows no new session any more', async () => {
    const simulator = await startSimulator({ identifyLimit: 1 });
    const first = startSource(simulator.apiUrl);
    await first.connected();
    const point = first.dispatches.at(-1)?.point ?? null;
    await first.source.disconnect();
    say(simulator, 'meanwhile');
    const second = startSource(simulator.apiUrl, { point });
    await eventually(() => expect(second.contents()).toEqual(['meanwhile']));
    await second.source.disconnect();
    // Without a session to go on with it waits, as one more IDENTIFY would reset the token.
    const third = startSource(simulator.apiUrl);
    await eventually(() => expect(third.source.state.detail).toMatch(/too many new sessions in the last 24 hours/));
    expect(third.logger.lines).toContain('identify budget is nearly used up, not connecting');
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
  });

  it('a login that never ends is given up and tried again', async () => {
    const simulator = await startSimulator();
    const fault = simulator.faults.add({ kind: 'rest_delay', ms: 60_000, path: '/gateway/bot' });
    const { connected, logger } = startSource(simulator.apiUrl, { loginTimeoutMs: 300 });
    await connected();
    expect(simulator.faults.list().find(({ id }) => id === fault.id)?.fired).toBe(1);
    expect(logger.lines).toContain('discord session lost, connecting anew');
  });

  it('a RESUME that is never answered is given up, and a fresh session follows', async () => {
    const simulator = await startSimulator();
    const { connected, freshSessions } = startSource(simulator.apiUrl, { resumeTimeoutMs: 500 });
    await connected();
    simulator.faults.add({ kind: 'ignore_resume' });
    simulator.faults.add({ kind: 'drop' });
    await eventually(() => expect(freshSessions).toHaveLength(2), { timeoutMs: 20_000 });
  }, 30_000);
});

describe('discord source, refused', () => {
  it('a wrong token ends with one sentence that says what to do', async () => {
    const simulator = await startSimulator({ token: 'another.token.entirely' });
    const { refusals, source } = startSource(simulator.apiUrl);
    await eventually(() => expect(refusals).toHaveLength(1));
    expect(refusals[0]?.message).toMatch(/token.*Reset Token.*DISCORD_TOKEN/);
    expect(refusals[0]?.message).not.toContain(TOKEN);
    expect(source.state).toEqual({ discord: 'disconnected', detail: refusals[0]?.message });
    // It costs one question, not a ban for thousands of them.
    expect(simulator.status().rest.requests).toBe(1);
  });

  it('a missing intent names the very switch of the portal', async () => {
    const simulator = await startSimulator({ disallowedIntents: CONTENT_INTENT });
    const { refusals } = startSource(simulator.apiUrl);
    await eventually(() => expect(refusals).toHaveLength(1));
    expect(refusals[0]?.message).toMatch(/Message Content Intent.*Bot.*Privileged Gateway Intents/);
    expect(simulator.sessions().connections).toHaveLength(1);
  });

  it.each([
    [4004, /token.*Bot → Reset Token.*DISCORD_TOKEN/],
    [4010, /shard.*update this service/],
    [4011, /too many servers.*remove it from some/],
    [4012, /gateway version.*update this service/],
    [4013, /intents.*update this service/],
    [4014, /Message Content Intent.*Bot → Privileged Gateway Intents → Message Content Intent/],
  ])('%i while connected ends it with the one thing that helps', async (code, sentence) => {
    const simulator = await startSimulator();
    const { connected, refusals, source } = startSource(simulator.apiUrl);
    await connected();
    simulator.faults.add({ kind: 'drop', code });
    await eventually(() => expect(refusals).toHaveLength(1));
    expect(refusals[0]?.message).toMatch(sentence);
    expect(source.state).toEqual({ discord: 'disconnected', detail: refusals[0]?.message });
    expect(simulator.sessions().connections).toHaveLength(1);
  });

  it('a token that was reset is noticed when history is asked for', async () => {
    const simulator = await startSimulator();
    const { connected, refusals, source } = startSource(simulator.apiUrl);
    await connected();
    simulator.faults.add({ kind: 'rest', status: 401, times: 0 });
    const { id = '' } = simulator.status().guilds[0]?.channels[0] ?? {};
    await expect(source.messages(id, { after: '0' }, new AbortController().signal)).rejects.toThrow();
    expect(refusals).toMatchObject([{ message: expect.stringMatching(/Reset Token/) }]);
  });
});

describe('discord source, when Discord is down', () => {
  it('5xx at the login is tried again', async () => {
    const simulator = await startSimulator();
    const fault = simulator.faults.add({ kind: 'rest', status: 503, path: '/gateway/bot', times: 4 });
    const { connected } = startSource(simulator.apiUrl);
    await connected();
    expect(simulator.faults.list().find(({ id }) => id === fault.id)?.fired).toBe(4);
  });

  it('nobody listening is tried again, and leaving meanwhile leaves nothing behind', async () => {
    const port = await freePort();
    const { logger, source } = startSource(`http://127.0.0.1:${port}/api`);
    await eventually(() => expect(logger.lines).toContain('discord session lost, connecting anew'));
    await source.disconnect();
    expect(source.state).toEqual({ discord: 'disconnected', detail: null });
  });
});

describe('discord source, leaving', () => {
  it('leaves the session for whoever comes next, and no listener is called any more', async () => {
    const simulator = await startSimulator();
    const { source, connected, dispatches } = startSource(simulator.apiUrl);
    await connected();
    const leaving = source.disconnect();
    const seen = dispatches.length;
    say(simulator, 'too late');
    await leaving;
    await eventually(() => expect(simulator.status().connections).toBe(0));
    expect(simulator.sessions().connections).toMatchObject([{ close_code: 4200, closed_by: 'client' }]);
    expect(simulator.sessions().sessions).toMatchObject([{ connected: false }]);
    expect(dispatches).toHaveLength(seen);
  });

  it('connects again afterwards, keeping Discord’s pause between two IDENTIFYs', async () => {
    const simulator = await startSimulator();
    const { source, connected, freshSessions } = startSource(simulator.apiUrl);
    await connected();
    await source.disconnect();
    source.connect(null);
    source.connect(null);
    await eventually(() => expect(freshSessions).toHaveLength(2), { timeoutMs: 15_000 });
    expect(simulator.sessions().identifies).toBe(2);
  }, 30_000);

  /** A simulator behind a slow line, so that a login has a middle. */
  async function startFarAway(): Promise<{ simulator: DiscordSimulator; proxy: FaultProxy; apiUrl: string }> {
    const simulator = await startSimulator();
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: simulator.port });
    cleanups.push(() => proxy.close());
    proxy.delay(150);
    return { simulator, proxy, apiUrl: `http://127.0.0.1:${proxy.port}/api` };
  }

  it.each([
    ['at once', () => true],
    ['while it asks for the gateway', ({ status }: DiscordSimulator) => status().rest.requests === 1],
    ['while its socket opens', ({ sessions }: DiscordSimulator) => sessions().connections.length === 1],
    ['while it waits for READY', ({ sessions }: DiscordSimulator) => sessions().identifies === 1],
  ] as const)('in the middle of a login (%s) ends soon and opens no session later', async (_moment, isThen) => {
    const { simulator, apiUrl } = await startFarAway();
    const { source, dispatches } = startSource(apiUrl);
    await eventually(() => expect(isThen(simulator)).toBe(true), { intervalMs: 5 });
    const startedMs = performance.now();
    await source.disconnect();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    const { identifies } = simulator.sessions();
    // discord.js, destroyed while it waits for READY, connects again after half a second; we must not let it.
    const comesBack = eventually(() => expect(simulator.sessions().identifies).toBeGreaterThan(identifies), {
      timeoutMs: 1_500,
    });
    await expect(comesBack).rejects.toThrow();
    expect(simulator.status().connections).toBe(0);
    expect(dispatches).toEqual([]);
  });

  it('a line that went dead while the socket opened delays nobody, and ends no process when it comes back', async () => {
    const { simulator, proxy, apiUrl } = await startFarAway();
    const { source } = startSource(apiUrl);
    await eventually(() => expect(simulator.sessions().connections).toHaveLength(1), { intervalMs: 5 });
    proxy.blackhole();
    const startedMs = performance.now();
    await source.disconnect();
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    proxy.cut();
    proxy.heal();
    await eventually(() => expect(simulator.status().connections).toBe(0));
  });
});
