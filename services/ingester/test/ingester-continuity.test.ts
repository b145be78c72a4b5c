import { eventually, startFaultProxy } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { openTcpDoor } from './support/tcp-door.ts';
import { eventsOf, originOf, storedMessages } from './support/truth.ts';
import { say, useRig } from './support/use-rig.ts';

/** Lease, and one second each for trying to take it and for logging in. */
const TAKEOVER_MS = 7_000;

const EVERYTHING = {
  ...{ guildIds: [], channelIds: [], withThreads: true, authorIds: [], withinChannels: null, search: null },
  ...{ cursor: { kind: 'newest' } as const, limit: 100, includeDeleted: false },
};

const { log, databaseUrl, cleanups, openLog, startSimulator, startIngester, expectTruth } = useRig();

describe('after being away', () => {
  it('goes on with the session: what was missed is dispatched, edits and deletes too, and nothing is asked for', async () => {
    const simulator = await startSimulator();
    const first = startIngester(simulator);
    await first.connected();
    say(simulator, 5);
    await expectTruth(simulator);
    await first.ingester.stop();

    say(simulator, 250);
    const { id } = simulator.createMessage({ channel: 'random', user: 'bob', text: 'with a thread' });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    const threadId = thread.kind === 'channel' ? thread.channel.id : '';
    simulator.act({ op: 'message', channel: threadId, user: 'ada', text: 'in it' });
    simulator.editMessage(id, 'edited meanwhile');
    const [doomed] = simulator.truth().messages;
    simulator.deleteMessage(doomed?.id ?? '');

    const requestsBefore = simulator.status().rest.requests;
    const second = startIngester(simulator);
    await second.connected();
    say(simulator, 5, 'random');
    await expectTruth(simulator);
    expect(simulator.sessions()).toMatchObject({ identifies: 1, resumes: 1 });
    // GET /gateway/bot.
    expect(simulator.status().rest.requests - requestsBefore).toBe(1);
    const events = (await eventsOf(log(), simulator)).filter(({ messageId }) => messageId !== null);
    expect(events.filter((event) => originOf(event) === 'live')).toHaveLength(10);
    expect(events.filter((event) => originOf(event) !== 'live').every((event) => originOf(event) === 'resume')).toBe(
      true,
    );
    // A resumed session does not describe its guilds again.
    const inThread = (await log().messages({ ...EVERYTHING, channelIds: [threadId] })).messages[0];
    expect(JSON.parse(inThread?.payload ?? '{}').display).toMatchObject({
      channel_name: 'aside',
      guild_name: 'The Guild',
    });
  }, 60_000);

  it('Discord is told only of what is stored, whatever it forgets thereupon', async () => {
    const simulator = await startSimulator({ trimOnHeartbeat: true, heartbeatIntervalMs: 400 });
    const first = startIngester(simulator);
    await first.connected();
    say(simulator, 50);
    await eventually(() => {
      const [session] = simulator.sessions().sessions;
      expect(session?.acknowledged).toBe(session?.sequence);
    });
    await expectTruth(simulator);
    await first.ingester.stop();
    say(simulator, 20);
    const second = startIngester(simulator);
    await second.connected();
    await expectTruth(simulator);
    // A busy machine may miss a heartbeat, and resume once more.
    expect(simulator.sessions().identifies).toBe(1);
  }, 60_000);

  it('history from before the first start is not fetched', async () => {
    const simulator = await startSimulator();
    say(simulator, 50);
    const { connected } = startIngester(simulator);
    await connected();
    simulator.createMessage({ channel: 'general', user: 'ada', text: 'first' });
    await eventually(async () =>
      expect((await storedMessages(log(), simulator)).map(({ content }) => content)).toEqual(['first']),
    );
  });
});

describe('two ingesters on one database', () => {
  it('one connects; when it loses the database the other takes over in time, and no message is stored twice or missed', async () => {
    const simulator = await startSimulator();
    const socketDirectory = new URL(databaseUrl()).searchParams.get('host') ?? '';
    const door = await openTcpDoor(`${socketDirectory}/.s.PGSQL.5432`);
    cleanups.push(() => door.close());
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: door.port });
    cleanups.push(() => proxy.close());
    const fragile = await openLog(`postgresql://postgres@127.0.0.1:${proxy.port}/postgres?sslmode=disable`);
    const first = startIngester(simulator, {}, fragile);
    await first.connected();
    const second = startIngester(simulator);
    say(simulator, 20);
    await expectTruth(simulator);
    expect(second.ingester.isLeading).toBe(false);
    expect(simulator.sessions()).toMatchObject({ identifies: 1 });

    proxy.refuse();
    proxy.cut();
    const lostMs = performance.now();
    say(simulator, 20);
    await eventually(() => expect(simulator.sessions().resumes).toBe(1), { timeoutMs: 15_000 });
    expect(performance.now() - lostMs).toBeLessThan(TAKEOVER_MS);
    say(simulator, 20);
    await expectTruth(simulator);

    // The first one learns that it was replaced, and leaves Discord; what it had queued is no news.
    proxy.heal();
    await eventually(() => expect(first.ingester.isLeading).toBe(false), { timeoutMs: 15_000 });
    await eventually(() => expect(simulator.status().connections).toBe(1));
    say(simulator, 20);
    await expectTruth(simulator);
    expect(simulator.sessions().identifies).toBe(1);
  }, 60_000);
});
