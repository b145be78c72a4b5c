import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Door, describeRestart, startStandalone } from './support/deployment.ts';
import {
  backfilled,
  type Clients,
  changeThings,
  expectArchive,
  expectStreams,
  followWithFilters,
  type Outcome,
  settle,
} from './support/kill-run.ts';
import { endPrograms } from './support/programs.ts';
import { report } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const MESSAGES_PER_SECOND = 1_000;
const KILL_AT_STEPS = [4_000, 12_000] as const;
const RUN_TIMEOUT_MS = 240_000;
const CATCH_UP_TIMEOUT_MS = 60_000;
const chat = loadChat();

describe(`the standalone, killed twice in the middle of ${chat.title}`, () => {
  let simulator: Simulator;
  let door: Door;
  let clients: Clients;
  let outcome: Outcome;

  beforeAll(async () => {
    simulator = await startSimulator({ script: await writeChatScript(chat), rate: MESSAGES_PER_SECOND });
    door = (await startStandalone(simulator.apiUrl)).doors[0];
    clients = await followWithFilters([door.ws], simulator, busiestUser(chat));
    const channel = chat.lines[0]?.channel ?? '';
    const stopTrickle = simulator.trickle(channel);
    for (const step of KILL_AT_STEPS) {
      await simulator.untilPlayed(step);
      await clients.untilMore(1);
      await door.kill();
      report(`kill -9 at message ${step}; ready again after ${describeRestart(await door.restart())}`);
      // Being killed again before everything missed is fetched is not covered by this release (GUARANTEES.md).
      await door.program.waitForLine(/missed messages fetched/, CATCH_UP_TIMEOUT_MS);
      await clients.untilCaughtUp();
    }
    await stopTrickle();
    await changeThings(simulator, channel);
    outcome = await settle(simulator, clients, door);
    report(`${outcome.log.length} events, ${backfilled(outcome.log)} of them fetched afterwards`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
  });

  it('was killed while messages came in, and fetched afterwards what it had missed', async () => {
    expect(clients.everything.connectionCount).toBe(1 + KILL_AT_STEPS.length);
    expect((await simulator.sessions()).identifies).toBe(1 + KILL_AT_STEPS.length);
    expect(backfilled(outcome.log)).toBeGreaterThan(100);
  });

  it('I5, I6: each client received the log through its filter once, in order, without a reset', () => {
    expectStreams(clients, outcome);
  });

  it('I1, I8: the archive equals what was said on Discord, and the log has no hole', async () => {
    await expectArchive(door.http, outcome);
  });
});
