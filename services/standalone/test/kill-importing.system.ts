import { eventually } from '@dms/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadChat } from './support/chat.ts';
import { writeChatScript } from './support/chat-script.ts';
import { type Door, startStandalone } from './support/deployment.ts';
import { fetchPage, walkHistory } from './support/history.ts';
import { endPrograms } from './support/programs.ts';
import { report } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';
import { finalMessages } from './support/truth.ts';

const MESSAGES = 4_000;
const KILLS = 2;
/** So that a page takes longer than what is stored of it. */
const PAGE_DELAY_MS = 200;

describe('the standalone, killed again and again while it imports older history', () => {
  let simulator: Simulator;
  let door: Door;
  let slow: string;

  beforeAll(async () => {
    const chat = loadChat();
    const script = await writeChatScript({ ...chat, lines: chat.lines.slice(0, MESSAGES) });
    simulator = await startSimulator({ script, rate: 0 });
    // The script plays for a first reader, whose database nobody needs.
    const { doors } = await startStandalone(simulator.apiUrl);
    await simulator.untilPlayed();
    await doors[0].kill();
    slow = await simulator.addFault({ kind: 'rest_delay', ms: PAGE_DELAY_MS, path: '/messages', times: 0 });
    door = (await startStandalone(simulator.apiUrl, { BACKFILL_DAYS: 'all' })).doors[0];
  }, 180_000);

  afterAll(endPrograms);

  const newest = async (): Promise<number> =>
    Number((await fetchPage(door.http, { limit: '1' })).position.split(':')[1]);

  it('I8: goes on where it was, until everything is there once, and fetches few pages twice', async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = await newest();
      await eventually(async () => expect(await newest()).toBeGreaterThan(before + 500), { timeoutMs: 60_000 });
      await door.kill();
      await door.restart();
    }
    await simulator.post({ channel: loadChat().lines[0]?.channel ?? '', user: 'Brook', text: 'live meanwhile' });
    const truth = finalMessages(await simulator.truth());
    const stored = await eventually(
      async () => {
        const messages = await walkHistory(door.http, 'before');
        expect(messages).toHaveLength(truth.length);
        return messages;
      },
      { timeoutMs: 90_000, intervalMs: 1_000 },
    );
    expect(stored.map(({ id }) => id)).toEqual(truth.map(({ id }) => id));
    // One event for each, no more.
    expect(await newest()).toBe(truth.length);
    const pages = await simulator.fired(slow);
    const needed = Math.ceil(MESSAGES / 100);
    report(`${stored.length} messages in ${pages} pages, ${needed} of them needed`);
    expect(pages).toBeLessThan(needed * 1.5 + KILLS * 20);
  }, 400_000);
});
