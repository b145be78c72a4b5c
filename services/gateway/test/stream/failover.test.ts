import { type EventLog, migrate } from '@dms/event-log';
import type { LogEvent, Position } from '@dms/protocol';
import {
  checkLeaks,
  describeWith,
  eventually,
  type FaultProxy,
  followStream,
  infrastructure,
  type PostgresReplica,
  type StreamFollower,
  startFaultProxy,
  startReplica,
  usePostgres,
} from '@dms/test-kit';
import { afterEach, expect, it } from '@jest/globals';
import { becomeWriter, newMessages, useRealStage } from './use-real-stage.ts';

const KEPT = 60;
const LOST = 10;
/** More than were lost, so that every lost seq names another event in the end. */
const AFTER = 30;

checkLeaks();

describeWith(infrastructure.postgresProcess, 'a failover to a standby that had not received every commit', () => {
  const postgres = usePostgres({ mustBeOwn: true, fsync: false });
  const { openLog, openGateway, connect } = useRealStage();
  const followers: StreamFollower[] = [];
  const proxies: FaultProxy[] = [];
  let replica: PostgresReplica | null = null;

  // Before the stage's own hook, whose gateways they would keep busy.
  afterEach(async () => {
    await Promise.all(followers.splice(0).map((follower) => follower.stop()));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
    await replica?.stop();
    replica = null;
  });

  const follow = (...urls: readonly string[]): StreamFollower => {
    const follower = followStream(urls, { since: 'all' });
    followers.push(follower);
    return follower;
  };
  /** The database through a proxy of its own, which a failover moves. */
  const proxied = async (url: string): Promise<{ readonly proxy: FaultProxy; readonly url: string }> => {
    const proxy = await startFaultProxy({ host: '127.0.0.1', port: postgres().port });
    proxies.push(proxy);
    const through = new URL(url);
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  };
  const write = async (log: EventLog, firstId: number, count: number): Promise<readonly LogEvent[]> => {
    const writer = await becomeWriter(log, `writer of ${firstId}`);
    const { events } = await writer.append(newMessages(log, firstId, count));
    await writer.release();
    return events;
  };
  const positionsOf = (events: readonly { readonly p: string }[]): readonly string[] => events.map(({ p }) => p);
  const named = (events: readonly Position[]): readonly string[] => events.map(({ term, seq }) => `${term}:${seq}`);

  it('I2, I5, I6: exactly the clients that saw lost events are told diverged; all others go on without a hole', async () => {
    const direct = await postgres().createDatabase();
    await migrate(direct);
    const forLog = await proxied(direct);
    const forAhead = await proxied(direct);
    const forBehind = await proxied(direct);
    const log = await openLog(forLog.url);
    const ahead = await openGateway(forAhead.url);
    const behind = await openGateway(forBehind.url);
    replica = await startReplica(postgres());

    const kept = await write(log, 1, KEPT);
    const sawLost = follow(ahead.ws);
    const sawNothingLost = follow(behind.ws);
    const away = await connect(ahead.ws, { term: 0, seq: 0 });
    await Promise.all([sawLost, sawNothingLost, away].map((client) => client.waitForEvents(KEPT)));
    await away.close();
    await replica.caughtUp();

    await replica.detach();
    forBehind.proxy.blackhole();
    const lost = await write(log, 1_001, LOST);
    await sawLost.waitForEvents(KEPT + LOST);
    await postgres().kill('SIGQUIT');
    await replica.promote();
    for (const { proxy } of [forLog, forAhead, forBehind]) {
      proxy.redirect({ host: '127.0.0.1', port: replica.port });
      proxy.heal();
      proxy.cut();
    }
    const later = [...(await eventually(() => write(log, 2_001, AFTER), { timeoutMs: 20_000 }))];
    expect(named(later).filter((name) => named(lost).includes(name))).toEqual([]);
    expect(later.map(({ seq }) => seq)).toEqual(Array.from({ length: AFTER }, (_, index) => KEPT + 1 + index));

    await eventually(() => expect(sawLost.resets).toHaveLength(1), { timeoutMs: 20_000 });
    expect(sawLost.resets).toMatchObject([{ asked: named(lost).at(-1), reason: 'diverged' }]);
    later.push(...(await write(log, 3_001, AFTER)));
    // What came before the place where it goes on, it reads over REST.
    const goesOnAfter = named(later).indexOf(sawLost.resets[0]?.position ?? '');
    await sawLost.waitFor((events) => events.at(-1)?.p === named(later).at(-1), 20_000);
    expect(positionsOf(sawLost.events)).toEqual(named([...kept, ...lost, ...later.slice(goesOnAfter + 1)]));
    expect(sawLost.violations).toEqual([]);

    await sawNothingLost.waitForEvents(KEPT + later.length, 20_000);
    expect(positionsOf(sawNothingLost.events)).toEqual(named([...kept, ...later]));
    // It was never even disconnected.
    expect(sawNothingLost).toMatchObject({ resets: [], violations: [], connectionCount: 1 });

    for (const { ws } of [ahead, behind]) {
      const fork = kept.at(-1) ?? { term: 0, seq: 0 };
      const back = await connect(ws, fork);
      expect(back.hello).toMatchObject({ resumed: true, reason: null });
      expect(positionsOf(await back.waitForEvents(later.length))).toEqual(named(later));
      for (const position of lost) {
        expect((await connect(ws, position)).hello).toMatchObject({ resumed: false, reason: 'diverged' });
      }
    }
    expect(named(await log.read(1, 1_000))).toEqual(named([...kept, ...later]));
  }, 90_000);
});
