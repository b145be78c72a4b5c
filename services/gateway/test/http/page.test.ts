import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { describeWith, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import { createNodeServer } from '../../src/http/server.ts';
import { createTestApp, EMPTY_LOG } from './fixture.ts';

const { chromium: installed } = infrastructure;
const MARKUP = '<img src=x onerror="document.title=1"><b>bold</b>';

const message = (id: number, text: string, more: object = {}): object => ({
  id: String(id),
  channel_id: '2',
  content: text,
  timestamp: '2026-11-01T12:00:00.000Z',
  edited_timestamp: null,
  display: {
    text,
    author_name: 'Ada Lovelace',
    author_color: '#3355ff',
    channel_name: 'general',
    author_avatar_url: 'data:,',
  },
  ...more,
});

describeWith(installed, 'the page in a browser', () => {
  let browser: Browser;
  let page: Page;
  let server: Server;
  let origin: string;
  let socket: WebSocket;
  let seq = 100;
  const complaints: string[] = [];

  const send = (t: string, d: object): void => {
    seq += 1;
    socket.send(JSON.stringify({ op: 0, t, s: seq, p: `1:${seq}`, d }));
  };
  const texts = (): Promise<string[]> => page.locator('#messages .text').allTextContents();

  beforeAll(async () => {
    const messagesText = async () => ({
      json: JSON.stringify([message(12, MARKUP), message(11, 'first')]),
      ...{ newestId: '12', oldestId: '11', hasMore: false },
      position: { term: 1, seq: 100 },
    });
    server = createNodeServer(createTestApp({ log: { ...EMPTY_LOG, messagesText } }));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request: IncomingMessage, stream, head) => {
      sockets.handleUpgrade(request, stream, head, (accepted) => {
        socket = accepted;
        accepted.send(JSON.stringify({ op: 10, d: { resumed: true, reason: null } }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string' || !installed.available) throw new TypeError('not set up');
    origin = `http://127.0.0.1:${address.port}`;
    browser = await chromium.launch({ executablePath: installed.program, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage({ viewport: { width: 900, height: 600 } });
    page.on('console', (line) => {
      if (line.type() === 'error') complaints.push(line.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(origin);
    await page.locator('#state[data-state="live"]').waitFor();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('shows history, oldest first, as text and never as markup', async () => {
    expect(await texts()).toEqual(['first', MARKUP]);
    expect(await page.title()).toBe('Discord Message Streamer');
    expect(await page.locator('#messages .head').first().textContent()).toMatch(/^Ada Lovelace #general \d/);
  });

  it('appends what arrives, marks edits, strikes deletes, and puts old messages where they belong', async () => {
    send('MESSAGE_CREATE', message(20, 'live'));
    send('MESSAGE_CREATE', message(5, 'filled in'));
    send('MESSAGE_UPDATE', message(11, 'second thought', { edited_timestamp: '2026-11-01T12:01:00.000Z' }));
    send('MESSAGE_DELETE', { id: '12', channel_id: '2' });
    send('MESSAGE_DELETE', { id: '77', channel_id: '2' });
    send('SOMETHING_NEW', {});
    await page.locator('li.deleted').waitFor();
    expect(await texts()).toEqual(['filled in', 'second thought (edited)', 'deleted', 'live']);
  });

  it('shows initials where there is no picture', async () => {
    await page.locator('span.avatar').first().waitFor();
    expect(await page.locator('span.avatar').first().textContent()).toBe('AL');
  });

  it('I9: keeps 500 rows, the newest', async () => {
    for (let id = 1_000; id < 1_700; id += 1) send('MESSAGE_CREATE', message(id, `text ${id}`));
    await page.locator('#messages li[data-id="1699"]').waitFor();
    expect(await page.locator('#messages li').count()).toBe(500);
    expect((await texts())[0]).toBe('text 1200');
  });

  it('tells this host’s own addresses', async () => {
    expect(await page.locator('#use-curl').textContent()).toBe(`curl '${origin}/messages?limit=10'`);
    expect(await page.locator('#use-socket').textContent()).toBe(`npx wscat -c '${origin.replace('http', 'ws')}/ws'`);
  });

  it('comes back by itself after the connection is lost', async () => {
    socket.close(1012);
    await page.locator('#state[data-state="waiting"]').waitFor();
    await page.locator('#state[data-state="live"]').waitFor();
    send('MESSAGE_CREATE', message(2_000, 'after the loss'));
    await page.locator('#messages li[data-id="2000"]').waitFor();
  });

  it('obeys its own content security policy without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});
