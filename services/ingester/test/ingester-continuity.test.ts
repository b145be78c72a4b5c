import { eventually, startFaultProxy } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { openTcpDoor } from './support/tcp-door.ts';
import { eventsOf, originOf, storedMessages } from './support/truth.ts';
import { say, useRig } from './support/use-rig.ts';

/** Lease, and one second each for trying to take it and for logging in. */
const TAKEOVER_MS = 7_000;

const { log, databaseUrl, cleanups, openLog, startSimulator, startIngester, expectTruth } = useRig();

describe('after being away', () => {
  it('fetches what it missed, also in threads and channels made meanwhile, and marks it as backfill', async () => {
    const simulator = await startSimulator();
    const first = startIngester(simulator);
    await first.connected();
    say(simulator, 5);
    await expectTruth(simulator);
    await first.ingester.stop();

    say(simulator, 250);
    const guild = simulator.status().guilds[0]?.id ?? '';
    simulator.act({ op: 'create_channel', guild, name: 'brand-new' });
    say(simulator, 3, 'brand-new');
    const { id } = simulator.createMessage({ channel: 'random', user: 'bob', text: 'with a thread' });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    simulator.act({
      op: 'message',
      channel: thread.kind === 'channel' ? thread.channel.id : '',
      user: 'ada',
      text: 'in it',
    });

    const second = startIngester(simulator);
    await second.connected();
    say(simulator, 5, 'random');
    await expectTruth(simulator);
    const ofMessages = (await eventsOf(log(), simulator)).filter(({ messageId }) => messageId !== null);
    const origins = ofMessages.map(originOf);
    expect(origins.filter((origin) => origin === 'live').length).toBe(10);
    expect(origins.filter((origin) => origin === 'backfill').length).toBe(origins.length - 10);
  }, 60_000);

  it('a quiet restart asks Discord for nothing', async () => {
    const simulator = await startSimulator();
    const first = startIngester(simulator);
    await first.connected();
    say(simulator, 5);
    await expectTruth(simulator);
    await first.ingester.stop();
    const requestsBefore = simulator.status().rest.requests;
    const second = startIngester(simulator);
    await second.connected();
    say(simulator, 1);
    await expectTruth(simulator);
    // GET /gateway/bot.
    expect(simulator.status().rest.requests - requestsBefore).toBe(1);
  });

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
    await eventually(() => expect(simulator.sessions().identifies).toBe(2), { timeoutMs: 15_000 });
    expect(performance.now() - lostMs).toBeLessThan(TAKEOVER_MS);
    say(simulator, 20);
    await expectTruth(simulator);

    // The first one learns that it was replaced, and leaves Discord; what it had queued is no news.
    proxy.heal();
    await eventually(() => expect(first.ingester.isLeading).toBe(false), { timeoutMs: 15_000 });
    await eventually(() => expect(simulator.status().connections).toBe(1));
    say(simulator, 20);
    await expectTruth(simulator);
  }, 60_000);
});
