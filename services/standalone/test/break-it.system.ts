import { describeWith, eventually, freePort, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, launchBrowser, type Page } from './support/browser.ts';
import { fetchPage } from './support/history.ts';
import { keepPicture } from './support/pictures.ts';
import { endPrograms, runProgram } from './support/programs.ts';

const { chromium } = infrastructure;
const WORDS = 'mine, through all of it';

describeWith(chromium, 'the demo, broken from its own page', () => {
  let url: string;
  let browser: Browser;
  let page: Page;
  const mishaps: string[] = [];

  const click = (selector: string): Promise<unknown> =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const press = (name: string): Promise<unknown> =>
    page.evaluate(
      `[...document.querySelectorAll('.danger')].find((button) => button.textContent === ${JSON.stringify(name)}).click()`,
    );
  const counters = async (): Promise<Readonly<Record<string, number>>> => {
    const pairs: unknown = await page.evaluate(
      `Object.fromEntries([...document.querySelectorAll('[data-counter]')].map(({ dataset }) => [dataset.counter, Number(dataset.value)]))`,
    );
    return Object.fromEntries(Object.entries(Object(pairs)).map(([name, value]) => [name, Number(value)]));
  };
  const untilConnected = (times: number): Promise<void> =>
    eventually(async () => expect((await counters())['times connected']).toBeGreaterThanOrEqual(times), {
      timeoutMs: 30_000,
    });
  const untilMore = async (count: number): Promise<void> => {
    const { 'events received': before = 0 } = await counters();
    await eventually(async () => expect((await counters())['events received']).toBeGreaterThan(before + count), {
      timeoutMs: 40_000,
    });
  };

  beforeAll(async () => {
    if (!chromium.available) throw new Error(chromium.reason);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const program = await runProgram('standalone', { PORT: String(port), SIMULATOR_RATE: '10' });
    await program.waitForLine(/ready port=/, 60_000);
    browser = await launchBrowser(chromium.program);
    page = await browser.newPage({ viewport: { width: 1_280, height: 800 } });
    page.on('pageerror', (error) => mishaps.push(error.message));
    await page.goto(url);
    await page.locator('#state[data-state="live"]').waitFor();
    await page.locator('#composer-text').waitFor();
    await click('#toggle-panel');
    await untilMore(5);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await endPrograms();
  }, 30_000);

  it('I5: loses, repeats and swaps nothing when the socket is dropped, Discord is silent and the gateway restarts', async () => {
    await press('Drop my socket');
    await untilConnected(2);
    await untilMore(10);
    await press('Restart the gateway');
    await untilConnected(3);
    await untilMore(10);
    await press('Pause Discord');
    await untilMore(60);
    expect(await counters()).toMatchObject({ gaps: 0, duplicates: 0, reorders: 0 });
    await keepPicture(page, 'break-it');
  }, 150_000);

  it('posts into the simulated Discord, and shows it when it comes back through the whole product', async () => {
    await page.evaluate(`
      document.querySelector('#composer-text').value = ${JSON.stringify(WORDS)};
      document.querySelector('#composer').requestSubmit();
    `);
    await page.locator(`#messages .text p:text-is("${WORDS}")`).waitFor();
    await eventually(async () => {
      const { messages } = await fetchPage(url);
      expect(messages.map(({ content }) => content)).toContain(WORDS);
    });
  }, 30_000);

  it('obeys its own page only', async () => {
    const asked = await fetch(`${url}/viewer.json`);
    expect(await asked.json()).toEqual({ demo: true });
    const post = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}/demo/restart`, { method: 'POST', headers, body: '{}' });
    expect((await post({ Origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({})).status).toBe(403);
    expect((await fetch(`${url}/demo/restart`)).status).toBe(405);
    expect(mishaps).toEqual([]);
  });
});
