import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { join, resolve } from 'node:path';
import type { MessageQuery } from '@dms/event-log';
import { infrastructure, temporaryDirectory } from '@dms/test-kit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
import { createNodeServer } from '../../../src/http/server.ts';
import { bundleViewer } from '../../../viewer/bundle.mjs';
import { createTestApp, EMPTY_LOG } from '../../http/fixture.ts';

/** Screenshots, kept by whoever runs the tests. */
const PICTURES = resolve(import.meta.dirname, '../../../../../artifacts/viewer');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  // Pictures of people who do not exist must not be looked for elsewhere.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

export const DIRECTORY = {
  guilds: [{ id: '3', name: 'Harbour Lane', icon: null, roles: [{ id: '31', name: 'Crew', color: 0x3355ff }] }],
  channels: [
    { id: '4', type: 4, name: 'Rooms', position: 0, guild_id: '3', parent_id: null },
    { id: '2', type: 0, name: 'general', position: 1, guild_id: '3', parent_id: '4', topic: 'Tea and weather' },
    { id: '5', type: 0, name: 'workshop', position: 2, guild_id: '3', parent_id: '4' },
    { id: '21', type: 11, name: 'a thread', position: 0, guild_id: '3', parent_id: '2' },
  ],
};

/** Discord's message object with our fields; `more` overrides. */
export function message(id: number, text: string, more: object = {}): Record<string, unknown> {
  return {
    id: String(id),
    type: 0,
    channel_id: '2',
    guild_id: '3',
    content: text,
    timestamp: new Date(Date.UTC(2026, 10, 1, 12) + id * 1_000).toISOString(),
    edited_timestamp: null,
    author: { id: '7', username: 'ada', global_name: 'Ada Lovelace', avatar: null },
    attachments: [],
    embeds: [],
    mentions: [],
    display: {
      text,
      author_name: 'Ada Lovelace',
      author_color: '#3355ff',
      author_avatar_url: '',
      channel_name: 'general',
      guild_name: 'Harbour Lane',
      parent_id: null,
      content_available: true,
    },
    ...more,
  };
}

/** A gateway whose history and stream are the test's, and one browser in front of it. */
export interface Stage {
  readonly origin: string;
  readonly browser: Browser;
  /** What a browser complained about: broken scripts and broken policies. Empty again after it was read. */
  readonly complaints: string[];
  /** Oldest first. The stream's seq goes on from here. */
  history: Record<string, unknown>[];
  readonly queries: MessageQuery[];
  /** To every open socket, and into what a socket that comes later may ask for. Returns its seq. */
  send(t: string, d: object): number;
  /** Cuts every socket. */
  cut(): void;
  open(path: string, options?: Parameters<Browser['newPage']>[0]): Promise<Page>;
  picture(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(allowedOrigins: readonly string[] = []): Promise<Stage> {
  const { chromium: installed } = infrastructure;
  if (!installed.available) throw new Error(installed.reason);
  const publicDirectory = join(await temporaryDirectory(), 'public');
  await bundleViewer(publicDirectory);
  await mkdir(PICTURES, { recursive: true });
  const sockets = new Set<WebSocket>();
  const frames: { readonly seq: number; readonly text: string }[] = [];
  const queries: MessageQuery[] = [];
  const complaints: string[] = [];
  let seq = 100;
  let history: Record<string, unknown>[] = [];

  const log = {
    ...EMPTY_LOG,
    messagesText: async (query: MessageQuery) => {
      queries.push(query);
      const page = pageOf(history, query);
      const [newestId = null, oldestId = null] = [page.rows[0], page.rows.at(-1)].map((stored) => stored?.id);
      const json = JSON.stringify(page.rows);
      return {
        json,
        newestId: textOrNull(newestId),
        oldestId: textOrNull(oldestId),
        hasMore: page.hasMore,
        position: { term: 1, seq },
      };
    },
    guilds: async () =>
      DIRECTORY.guilds.map((guild) => ({ id: guild.id, name: guild.name, payload: JSON.stringify(guild) })),
    channels: async () =>
      DIRECTORY.channels.map((channel) => ({
        id: channel.id,
        name: channel.name,
        type: channel.type,
        guildId: '3',
        parentId: channel.parent_id,
        payload: JSON.stringify(channel),
      })),
  };
  const server = createNodeServer(createTestApp({ log, publicDirectory, access: { allowedOrigins } }));
  const door = new WebSocketServer({ noServer: true, handleProtocols: () => 'dms.v1' });
  server.on('upgrade', (request: IncomingMessage, stream, head) => {
    door.handleUpgrade(request, stream, head, (accepted) => {
      sockets.add(accepted);
      accepted.on('close', () => sockets.delete(accepted));
      const since = new URL(request.url ?? '', 'http://gateway').searchParams.get('since') ?? 'latest';
      const position = since === 'latest' ? `1:${seq}` : since;
      accepted.send(JSON.stringify({ op: 10, d: { position, resumed: true, reason: null } }));
      for (const frame of frames) if (frame.seq > Number(position.split(':')[1])) accepted.send(frame.text);
    });
  });
  const origin = await listen(server);
  const browser = await chromium.launch({ executablePath: installed.program, args: FLAGS });

  return {
    origin,
    browser,
    complaints,
    queries,
    get history() {
      return history;
    },
    set history(value) {
      history = value;
    },
    send(t, d) {
      seq += 1;
      const text = JSON.stringify({ op: 0, t, s: seq, p: `1:${seq}`, d });
      frames.push({ seq, text });
      for (const socket of sockets) socket.send(text);
      return seq;
    },
    cut() {
      for (const socket of sockets) socket.terminate();
    },
    async open(path, options = {}) {
      const page = await browser.newPage({ viewport: { width: 1_200, height: 760 }, ...options });
      page.on('console', (line) => {
        // That there is no internet is no complaint.
        if (line.type() === 'error' && !line.text().includes('ERR_NAME_NOT_RESOLVED')) complaints.push(line.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('dialog', (dialog) => {
        complaints.push('a dialog opened');
        void dialog.dismiss();
      });
      await page.goto(path.startsWith('http') ? path : `${origin}${path}`);
      return page;
    },
    async picture(page, name) {
      await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** As the log cuts its pages: newest first, ids as numbers. */
function pageOf(history: readonly Record<string, unknown>[], { cursor, limit, channelIds, search }: MessageQuery) {
  const all = history
    .filter(({ content }) => search === null || String(content).includes(search))
    .filter((stored) => channelIds.length === 0 || channelIds.includes(String(stored.channel_id)))
    .sort((a, b) => Number(b.id) - Number(a.id));
  const idOf = (stored: Record<string, unknown>): number => Number(stored.id);
  if (cursor.kind === 'before') {
    const rows = all.filter((stored) => idOf(stored) < Number(cursor.id));
    return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
  }
  if (cursor.kind === 'after') {
    const rows = all.filter((stored) => idOf(stored) > Number(cursor.id));
    return { rows: rows.slice(-limit), hasMore: rows.length > limit };
  }
  if (cursor.kind === 'around') {
    const at = all.findIndex((stored) => idOf(stored) <= Number(cursor.id));
    const start = Math.max(0, at - Math.floor(limit / 2));
    return { rows: all.slice(start, start + limit), hasMore: start + limit < all.length };
  }
  return { rows: all.slice(0, limit), hasMore: all.length > limit };
}
