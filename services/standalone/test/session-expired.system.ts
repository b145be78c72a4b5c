import { eventually } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Door, startStandalone } from './support/deployment.ts';
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

const MESSAGES = 4_000;
const MESSAGES_PER_SECOND = 400;
const KILL_AT = 1_500;

describe('the standalone, killed and away for longer than its session with Discord lives', () => {
  let simulator: Simulator;
  let door: Door;
  let clients: Clients;
  let outcome: Outcome;

  beforeAll(async () => {
    const chat = loadChat();
    const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, MESSAGES) });
    simulator = await startSimulator({ script, rate: MESSAGES_PER_SECOND });
    // Far enough back to reach the messages that are changed meanwhile.
    door = (await startStandalone(simulator.apiUrl, { RECONCILE_MESSAGES: String(MESSAGES) })).doors[0];
    clients = await followWithFilters([door.ws], simulator, busiestUser(chat));
    await simulator.untilPlayed(KILL_AT);
    await clients.untilMore(1);
    await door.kill();
    await simulator.addFault({ kind: 'expire_session' });
    // Creates, edits and deletes, also of what was stored before.
    await changeThings(simulator, chat.lines[0]?.channel ?? '');
    await door.restart();
    outcome = await settle(simulator, clients, door);
    report(`${arrived(outcome.log, 'backfill')} fetched, ${arrived(outcome.log, 'reconcile')} found by looking again`);
  }, 180_000);

  afterAll(async () => {
    await clients?.stop();
    await endPrograms();
  });

  it('says from when to when something may have been missed, and that nothing is', async () => {
    await eventually(async () => {
      const coverage: unknown = await (await fetch(`${door.http}/coverage`)).json();
      expect(coverage).toMatchObject({ gaps: [] });
    });
    const gaps = clients.everything.events.filter(({ t }) => t.startsWith('GAP_'));
    expect(gaps.map(({ t, d }) => [t, d.reason])).toEqual([
      ['GAP_OPEN', 'session_lost'],
      ['GAP_CLOSE', 'session_lost'],
    ]);
    expect(gaps.at(-1)?.d.unrecoverable).toEqual([]);
    expect(await simulator.sessions()).toMatchObject({ identifies: 2 });
  });

  it('I8: recovered every create, edit and delete; the archive equals what was said on Discord', async () => {
    expect(arrived(outcome.log, 'backfill')).toBeGreaterThan(100);
    expect(arrived(outcome.log, 'reconcile')).toBeGreaterThan(40);
    await expectArchive(door.http, outcome);
  });

  it('I5, I6: each client received the log through its filter once, in order, without a reset', () => {
    expectStreams(clients, outcome);
  });
});
