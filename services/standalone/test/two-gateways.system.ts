import { describeWith, followStream, type StreamFollower } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Cluster, clusterNeeds, startCluster } from './support/deployment.ts';
import { endPrograms } from './support/programs.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { seen } from './support/stream-view.ts';

const MESSAGES = 3_000;
const MESSAGES_PER_SECOND = 600;
const KILL_AT_EVENT = 1_000;

describeWith(clusterNeeds, 'two gateways, one of which dies', () => {
  let simulator: Simulator;
  let cluster: Cluster;
  const clients: StreamFollower[] = [];

  beforeAll(async () => {
    const chat = loadChat();
    const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, MESSAGES) });
    simulator = await startSimulator({ script, rate: MESSAGES_PER_SECOND });
    cluster = await startCluster(simulator.apiUrl, { ingesters: 1, gateways: 2 });
  }, 120_000);

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.stop()));
    await endPrograms();
    await cluster?.stop();
  }, 60_000);

  it('I5: each client receives 1 to N once, in order, although the gateway of every second one was killed', async () => {
    const [one, two] = cluster.doors.map(({ ws }) => ws);
    for (const urls of [
      [one, two],
      [two, one],
      [one, two],
      [two, one],
    ]) {
      clients.push(
        followStream(
          urls.map((url) => url ?? ''),
          { since: 'all' },
        ),
      );
    }
    await Promise.all(clients.map((client) => client.waitForEvents(KILL_AT_EVENT, 60_000)));
    await cluster.doors[0].kill();
    await Promise.all(clients.map((client) => client.waitForEvents(MESSAGES, 60_000)));

    const dispatched = (await simulator.truth()).dispatches.map(({ message_id }) => message_id);
    for (const client of clients) {
      expect(client.events.map(({ s }) => s)).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
      expect(client.events.map((event) => seen(event).id)).toEqual(dispatched);
      expect(client).toMatchObject({ violations: [], resets: [] });
    }
    // The killed one's clients moved; the others never noticed.
    expect(clients.map(({ connectionCount }) => connectionCount)).toEqual([2, 1, 2, 1]);
  }, 120_000);
});
