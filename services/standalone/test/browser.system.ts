import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWith, eventually, infrastructure, temporaryDirectory } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, launchBrowser, type Page } from './support/browser.ts';
import { type Door, describeRestart, startStandalone } from './support/deployment.ts';
import { endPrograms, ROOT } from './support/programs.ts';
import { report, timed } from './support/report.ts';
import { type Simulator, startSimulator } from './support/simulator.ts';

const { chromium } = infrastructure;
const ARTIFACTS = join(ROOT, 'artifacts');
const CHANNEL = 'general';
const MAX_LIVE_MS = 5_000;
/** The browser's own client of `/events`, which resumes by itself. */
const OPEN_EVENT_SOURCE = `
  globalThis.heard = [];
  globalThis.source = new EventSource('/events');
  source.addEventListener('MESSAGE_CREATE', ({ data }) => heard.push(JSON.parse(data).d.content));
`;
const OPEN_SOCKET = `
  globalThis.inflated = [];
  globalThis.socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws?types=MESSAGE_CREATE');
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.op === 0) inflated.push(frame.d.content);
  };
`;
/** Each would show itself if the page took it for more than words, emphasis and mentions. */
const HOSTILE = [
  '<img src=x onerror="document.title=\'owned\'">',
  '<script>document.title="owned"</script>',
  '<b id="markup">bold</b> **stars** [link](javascript:alert(1)) <@123456789012345678>',
  '"><svg onload=alert(1)>',
  '\u202Etxet desrever\u202C ‮ \u0007',
];

describeWith(chromium, 'a person with a browser', () => {
  let simulator: Simulator;
  let door: Door;
  let browser: Browser;
  let page: Page;
  const mishaps: string[] = [];

  const say = (text: string, user = 'Ada Lovelace'): Promise<string> =>
    simulator.post({ channel: CHANNEL, user, text });
  const row = (id: string) => page.locator(`#messages li[data-id="${id}"]`);
  const textOf = (id: string): Promise<string | null> =>
    page.locator(`#messages li[data-id="${id}"] .text`).textContent();
  const shownOf = async (texts: readonly string[]): Promise<readonly string[]> =>
    (await page.locator('#messages .text').allTextContents()).filter((text) => texts.includes(text));

  beforeAll(async () => {
    if (!chromium.available) throw new Error(chromium.reason);
    const script = join(await temporaryDirectory(), 'script.ndjson');
    await writeFile(
      script,
      JSON.stringify({ community: 'Demo', channel: CHANNEL, user: 'Ada Lovelace', text: 'the first words' }),
    );
    simulator = await startSimulator({ script, rate: 0 });
    door = (await startStandalone(simulator.apiUrl, { WS_COMPRESSION: 'true' })).doors[0];
    browser = await launchBrowser(chromium.program);
    page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
    page.on('pageerror', (error) => mishaps.push(error.message));
    page.on('dialog', (dialog) => {
      mishaps.push('a dialog opened');
      void dialog.dismiss();
    });
    await simulator.untilPlayed();
    await page.goto(door.http);
    await page.locator('#state[data-state="live"]').waitFor();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await endPrograms();
  }, 30_000);

  it('sees what was said before, and what is said now as it is said', async () => {
    await page.locator('#messages .text').waitFor();
    expect(await page.locator('#messages .text').allTextContents()).toEqual(['the first words']);
    const { ms } = await timed(async () => row(await say('hello, live')).waitFor());
    report(`a message was on the page ${Math.round(ms)} ms after it was sent`);
    expect(ms).toBeLessThan(MAX_LIVE_MS);
  }, 30_000);

  it('I5: inflates what comes compressed', async () => {
    await page.evaluate(OPEN_SOCKET);
    await eventually(async () => expect(await page.evaluate('socket.extensions')).toContain('permessage-deflate'));
    const texts = Array.from({ length: 20 }, (_, index) => `the same words again and again, number ${index}`);
    for (const text of texts) await say(text);
    await eventually(async () => expect(await page.evaluate('inflated')).toEqual(texts));
    await page.evaluate('socket.close()');
  }, 30_000);

  it('sees edits and deletes where they belong', async () => {
    const [edited, deleted] = [await say('a typo hree'), await say('something regretted')];
    await row(deleted).waitFor();
    await simulator.edit(edited, 'a typo here');
    await simulator.remove(deleted);
    await eventually(async () => expect(await textOf(edited)).toBe('a typo here (edited)'));
    await eventually(async () => expect(await textOf(deleted)).toBe('deleted'));
  }, 30_000);

  it('reads hostile text as the text it is', async () => {
    for (const text of HOSTILE) {
      const id = await say(text, '<i>Mallory</i>');
      await row(id).waitFor();
      expect(await row(id).locator('.text *:not(p, strong, .mention)').count()).toBe(0);
    }
    expect(await page.locator('#markup').count()).toBe(0);
    expect(await page.locator('#messages img[src="x"], #messages script, #messages svg').count()).toBe(0);
    expect(await page.title()).toBe('Discord Message Streamer');
    await mkdir(ARTIFACTS, { recursive: true });
    await page.screenshot({ path: join(ARTIFACTS, 'page.png') });
  }, 30_000);

  it('I5: page and EventSource miss nothing and see nothing twice when the server is killed and comes back', async () => {
    await page.evaluate(OPEN_EVENT_SOURCE);
    await eventually(async () => expect(await page.evaluate('source.readyState')).toBe(1));
    const before = ['before 1', 'before 2'];
    const away = ['away 1', 'away 2', 'away 3'];
    const after = ['after 1', 'after 2'];
    for (const text of before) await say(text);
    await eventually(async () => expect(await shownOf(before)).toEqual(before));
    await door.kill();
    await page.locator('#state[data-state="waiting"]').waitFor();
    for (const text of away) await say(text);
    report(`server back after ${describeRestart(await door.restart())}`);
    await page.locator('#state[data-state="live"]').waitFor({ timeout: 60_000 });
    for (const text of after) await say(text);
    const all = [...before, ...away, ...after];
    await eventually(async () => expect(await shownOf(all)).toEqual(all), { timeoutMs: 30_000 });
    await eventually(async () => expect(await page.evaluate('heard')).toEqual(all), { timeoutMs: 30_000 });
    await page.evaluate('source.close()');
    await page.screenshot({ path: join(ARTIFACTS, 'page-after-restart.png') });
  }, 120_000);

  it('met no error and no dialog', () => {
    expect(mishaps).toEqual([]);
  });
});
