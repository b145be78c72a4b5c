import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Door, startStandalone } from './support/deployment.ts';
import { arrived, type Clients, expectArchive, expectStreams, followWithFilters, settle } from './support/kill-run.ts';
import { endPrograms } from './support/programs.ts';
import { report } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { seen } from './support/stream-view.ts';

const MESSAGES = 4_000;
const MESSAGES_PER_SECOND = 400;
const HISTORY_DELAY_MS = 300;

describe('the standalone, killed again while it catches up', () => {
  let simulator: Simulator;
  let door: Door;
  let clients: Clients;

  beforeAll(async () => {
    const chat = loadChat();
    const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, MESSAGES) });
    simulator = await startSimulator({ script, rate: MESSAGES_PER_SECOND });
    door = (await startStandalone(simulator.apiUrl)).doors[0];
    clients = await followWithFilters([door.ws], simulator, busiestUser(chat));
  }, 120_000);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
  });

  // Live messages are stored while older ones are still being fetched. Whoever takes the newest stored message for the
  // place up to which nothing is missing loses what lies between, for good.
  it('I8: what it had not fetched yet is fetched after the next start', async () => {
    const stopTrickle = simulator.trickle(loadChat().lines[0]?.channel ?? '');
    await clients.untilMore(100);
    await door.kill();
    await simulator.addFault({ kind: 'expire_session' });
    const slow = await simulator.addFault({ kind: 'rest_delay', ms: HISTORY_DELAY_MS, path: '/messages', times: 0 });
    await door.restart();
    // Both kinds have arrived, so there is a hole between them.
    await clients.everything.waitFor(
      (events) => isLiveAfterBackfill(events.map((event) => seen(event).origin)),
      60_000,
    );
    await door.kill();
    await simulator.addFault({ kind: 'expire_session' });
    await simulator.clearFault(slow);
    await door.restart();
    await clients.untilMore(10);
    await stopTrickle();

    const outcome = await settle(simulator, clients, door);
    expect(await simulator.fired(slow)).toBeGreaterThan(0);
    report(`${outcome.log.length} events, ${arrived(outcome.log, 'backfill')} of them fetched afterwards`);
    expectStreams(clients, outcome);
    await expectArchive(door.http, outcome);
  }, 180_000);
});

function isLiveAfterBackfill(origins: readonly string[]): boolean {
  const first = origins.indexOf('backfill');
  return first >= 0 && origins.indexOf('live', first) > 0;
}
