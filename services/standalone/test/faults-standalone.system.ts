import { describeWith, findSmallDisks, mountSmallDisk, type SmallDisk } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { churn } from './support/churn.ts';
import { type Door, startStandalone } from './support/deployment.ts';
import { untilHealth } from './support/fault-storm.ts';
import {
  type Clients,
  expectArchive,
  expectStreams,
  followWithFilters,
  type Outcome,
  settle,
} from './support/kill-run.ts';
import { endPrograms } from './support/programs.ts';
import { report } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const RUN_TIMEOUT_MS = 300_000;
const DISK_MB = 200;
const DISK_IS_FULL = /its disk is full; nothing is lost .* goes on when there is room/;
const chat = loadChat();

describeWith(await findSmallDisks(), 'the standalone whose data directory has no room left', () => {
  let disk: SmallDisk;
  let simulator: Simulator;
  let door: Door;
  let clients: Clients;
  let outcome: Outcome;

  beforeAll(async () => {
    disk = await mountSmallDisk(DISK_MB);
    simulator = await startSimulator({
      script: await writeChatScript({ ...chat, lines: chat.lines.slice(0, 2_000) }),
      rate: 100,
    });
    door = (await startStandalone(simulator.apiUrl, { DATA_DIR: disk.path })).doors[0];
    clients = await followWithFilters([door.ws], simulator, busiestUser(chat));
    const stopChurn = churn(simulator, chat.lines[0]?.channel ?? '');
    await clients.untilMore(200);
    report(`${Math.round((await disk.fill()) / (1 << 20))} MiB taken away`);
    await door.program.waitForLine(DISK_IS_FULL, 60_000);
    await untilHealth(door.http, 'degraded');
    await disk.free();
    await clients.untilMore(200);
    await stopChurn();
    outcome = await settle(simulator, clients, door);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
    await disk?.unmount();
  });

  it('said so, kept running with its session, and went on by itself when there was room again', async () => {
    expect(clients.everything.connectionCount).toBe(1);
    expect(await simulator.sessions()).toMatchObject({ identifies: 1, resumes: 0 });
    await untilHealth(door.http, 'ok');
  });

  it('I5, I6: each client received the log through its filter once, in order, without a reset', () => {
    expectStreams(clients, outcome);
  });

  it('I1, I3, I8: the archive equals what was said on Discord, and the log has no hole', async () => {
    await expectArchive(door.http, outcome);
  });
});
