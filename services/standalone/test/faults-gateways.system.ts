import { setTimeout as delay } from 'node:timers/promises';
import { describeWith, followStream, type StreamFollower } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Cluster, clusterNeeds, type Door, startCluster } from './support/deployment.ts';
import { fetchPage, headSeqOf } from './support/history.ts';
import { endPrograms } from './support/programs.ts';
import { report } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { firstDifference, isSameFrame, replay } from './support/stream-view.ts';

const MESSAGES_PER_SECOND = 100;
const MORE = 150;
const PROGRESS_TIMEOUT_MS = 60_000;
/** Longer than the lease by which the others count this replica's connections, so that it is also written off. */
const FROZEN_MS = 4_000;
/** A draining gateway waits so long for its load balancer before it asks anybody to move. */
const NOTICE_MS = 1_600;

describeWith(clusterNeeds, 'a cluster whose gateways are frozen, killed and restarted one after the other', () => {
  let simulator: Simulator;
  let cluster: Cluster;
  /** Two begin at each gateway; whoever loses it goes on at the next one. */
  let clients: readonly StreamFollower[];

  const doorAt = (index: number): Door => cluster.doors[index] ?? cluster.doors[0];
  const clientsOf = (index: number): readonly StreamFollower[] => clients.slice(2 * index, 2 * index + 2);
  const all = (): readonly StreamFollower[] => clients;
  const untilMore = async (whose: readonly StreamFollower[]): Promise<void> => {
    const head = Math.max(...clients.map(({ events }) => events.length));
    await Promise.all(whose.map((client) => client.waitForEvents(head + MORE, PROGRESS_TIMEOUT_MS)));
  };

  beforeAll(async () => {
    simulator = await startSimulator({ rate: MESSAGES_PER_SECOND });
    cluster = await startCluster(simulator.apiUrl, { ingesters: 1, gateways: 3 });
    const urls = cluster.doors.map(({ ws }) => ws);
    clients = urls.flatMap((_url, index) => {
      const rotated = urls.map((_, place) => urls[(place + index) % urls.length] ?? '');
      return [
        followStream(rotated, { since: 'all', timeoutMs: 2_000 }),
        followStream(rotated, { since: 'all', timeoutMs: 2_000 }),
      ];
    });
    await untilMore(all());
  }, 120_000);

  afterAll(async () => {
    await Promise.all((clients ?? []).map((client) => client.stop()));
    await endPrograms();
    await cluster?.stop();
  }, 60_000);

  it('a frozen one holds up nobody else; once it goes on, whoever waited is still connected and misses nothing', async () => {
    const [patient, impatient] = clientsOf(0);
    doorAt(0).program.kill('SIGSTOP');
    const frozen = delay(FROZEN_MS);
    // What a client does that hears nothing any more.
    impatient?.drop();
    const others = all().filter((client) => client !== patient);
    await untilMore(others);
    await frozen;
    const missed = (impatient?.events.length ?? 0) - (patient?.events.length ?? 0);
    expect(missed).toBeGreaterThanOrEqual(MORE);
    doorAt(0).program.kill('SIGCONT');
    await untilMore(all());
    report(`a gateway was frozen; its client caught up with ${missed} events on the same connection`);
    expect(patient?.connectionCount).toBe(1);
    expect(impatient?.connectionCount).toBeGreaterThan(1);
  }, 90_000);

  it('the clients of a killed one go on at another, and the killed one comes back with the whole log', async () => {
    const before = clientsOf(1).map(({ connectionCount }) => connectionCount);
    await doorAt(1).kill();
    await untilMore(all());
    expect(clientsOf(1).map(({ connectionCount }) => connectionCount)).toEqual(before.map((count) => count + 1));
    await doorAt(1).restart();
    await untilMore(all());
  }, 90_000);

  it('restarted one after the other, each ends by itself with 0 while its clients go on elsewhere', async () => {
    for (const [index, door] of cluster.doors.entries()) {
      door.program.kill('SIGTERM');
      await delay(NOTICE_MS);
      // Asked to move, a client opens its next connection; the test's own drops the old one first.
      for (const client of clients) client.drop();
      expect(await door.program.exited).toEqual({ code: 0, signal: null });
      const { ms } = await door.restart();
      await untilMore(all());
      report(`gateway ${index + 1} restarted, ready after ${Math.round(ms)} ms`);
    }
  }, 120_000);

  it('I5, I6: through all of it each client received the log once, in order, without a reset', async () => {
    const { position } = await fetchPage(doorAt(0).http, { limit: '1' });
    const log = await replay(doorAt(0).ws, headSeqOf(position));
    await Promise.all(clients.map((client) => client.waitForEvents(log.length, PROGRESS_TIMEOUT_MS)));
    for (const { events, violations, resets } of clients) {
      const difference = firstDifference(events.slice(0, log.length), log, isSameFrame);
      expect({ difference, violations, resets }).toEqual({ difference: null, violations: [], resets: [] });
    }
  }, 60_000);
});
