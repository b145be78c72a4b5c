import { once } from 'node:events';
import type { Server } from 'node:http';
import { describeWith, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { clientFrames, serverFrames } from '../../../src/http/document/frame-schemas.ts';
import { OPERATIONS } from '../../../src/http/document/operations.ts';
import { createNodeServer } from '../../../src/http/server.ts';
import { createTestApp, MASTER_KEY } from '../fixture.ts';

const { chromium: installed } = infrastructure;

describeWith(installed, 'the page at /docs in a browser', () => {
  let browser: Browser;
  let page: Page;
  let server: Server;
  let origin: string;
  const complaints: string[] = [];
  const strangers: string[] = [];

  beforeAll(async () => {
    server = createNodeServer(createTestApp());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string' || !installed.available) throw new TypeError('not set up');
    origin = `http://127.0.0.1:${address.port}`;
    browser = await chromium.launch({ executablePath: installed.program, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    page.on('console', (line) => {
      if (line.type() === 'error') complaints.push(line.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) strangers.push(request.url());
    });
    await page.goto(`${origin}/v1/docs`);
    await page.locator('#content[aria-busy="false"]').waitFor();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('shows every operation and every frame, from this host alone and under its strict policy', async () => {
    const cards = OPERATIONS.length + Object.keys(serverFrames).length + Object.keys(clientFrames).length;
    expect(await page.locator('details').count()).toBe(cards);
    expect([complaints, strangers]).toEqual([[], []]);
  });

  it('sends what is typed in, with the key, and shows the answer and the curl line for it', async () => {
    await page.locator('#key').fill(MASTER_KEY);
    const card = page.locator('#getStats');
    await card.locator('summary').click();
    await card.getByRole('button', { name: 'Send' }).click();
    await card.locator('pre', { hasText: /^200 OK/ }).waitFor();
    const messages = page.locator('#getMessages');
    await messages.locator('summary').click();
    await messages.getByLabel('limit (query)').fill('0');
    await messages.getByRole('button', { name: 'Send' }).click();
    await messages.locator('pre.failed', { hasText: /^400 Bad Request.*must be an integer from 1 to 100/s }).waitFor();
    await messages.getByLabel('q (query)').fill("it's");
    await messages.getByRole('button', { name: 'Copy curl' }).click();
    const line = await messages.locator('pre').textContent();
    expect(line).toBe(`curl '${origin}/messages?limit=0&q=it%27s' -H 'Authorization: Bearer ${MASTER_KEY}'`);
  });
});
