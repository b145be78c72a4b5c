import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Door, describeRestart, startStandalone } from './support/deployment.ts';
import {
  arrived,
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
const CHANGE_AT_STEP = KILL_AT_STEPS[1];
const RUN_TIMEOUT_MS = 240_000;
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
      // What happens to messages while nobody listens counts, too.
      if (step === CHANGE_AT_STEP) await changeThings(simulator, channel);
      report(`kill -9 at message ${step}; ready again after ${describeRestart(await door.restart())}`);
    }
    await stopTrickle();
    outcome = await settle(simulator, clients, door);
    report(`${outcome.log.length} events, ${arrived(outcome.log, 'resume')} of them dispatched again`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
  });

  it('was killed while messages came in, and went on with the same session each time', async () => {
    expect(clients.everything.connectionCount).toBe(1 + KILL_AT_STEPS.length);
    expect(await simulator.sessions()).toMatchObject({ identifies: 1, resumes: KILL_AT_STEPS.length });
    expect(arrived(outcome.log, 'resume')).toBeGreaterThan(100);
    expect(arrived(outcome.log, 'backfill')).toBe(0);
  });

  it('I5, I6: each client received the log through its filter once, in order, without a reset', () => {
    expectStreams(clients, outcome);
  });

  it('I1, I8: the archive equals what was said on Discord, and the log has no hole', async () => {
    await expectArchive(door.http, outcome);
  });
});
