import { type Api, ApiError, createApi } from '../connection/api.ts';
import type { SessionState } from '../connection/live-session.ts';
import { createTap } from '../connection/tap.ts';
import { find } from '../dom.ts';
import type { Names } from '../markdown/render-markdown.ts';
import { createDirectory } from '../model/directory.ts';
import { EVERYTHING, type ViewFilter } from '../model/message.ts';
import { createStreamCounter } from './counters.ts';
import { createDemo, type Demo, isDemo } from './demo.ts';
import { createFrameView } from './frames.ts';
import { readLocation, writeLocation } from './location.ts';
import { createPanel } from './panel.ts';
import { createSearch } from './search.ts';
import { createSidebar } from './sidebar.ts';
import { showState } from './state-pill.ts';
import { showSnippets } from './use-view.ts';
import { createViewer, type Viewer } from './viewer.ts';

const KEY_ITEM = 'dms.key';
const { origin } = location;

let { filter, around } = readLocation(location.search);
let api: Api = createApi(origin, sessionStorage.getItem(KEY_ITEM));
let viewer: Viewer | null = null;
let demo: Demo | null = null;
let connections = 0;

const directory = createDirectory();
const counter = createStreamCounter();
const frames = createFrameView();
const tap = createTap((text) => frames.add(text));
const sidebar = createSidebar(find('channels', HTMLElement), directory, (chosen) => goTo(chosen, null));
const names: Names = {
  user: () => null,
  channel: (id) => directory.channels.get(id)?.name ?? null,
  role: (id) => directory.role(id),
};

function showTitle(): void {
  const channel = filter.channelId === null ? undefined : directory.channels.get(filter.channelId);
  const guild = filter.guildId === null ? undefined : directory.guilds.get(filter.guildId);
  const name = channel === undefined ? (guild?.name ?? filter.channelId ?? 'Everything') : `#${channel.name}`;
  find('title', HTMLHeadingElement).textContent = name;
  find('topic', HTMLElement).textContent = channel?.topic ?? '';
  document.title = channel === undefined ? 'Discord Message Streamer' : `${name} · Discord Message Streamer`;
}

function showView(): void {
  showTitle();
  sidebar.show(filter);
  showSnippets(origin, filter);
  find('notice', HTMLElement).hidden = true;
  viewer?.show(filter, around);
}

function goTo(newFilter: ViewFilter, newAround: string | null): void {
  filter = newFilter;
  around = newAround;
  history.pushState(null, '', writeLocation(filter, around));
  setSidebarOpen(false);
  showView();
}

/** An id alone does not say where it is. */
async function goToMessage(id: string, knownChannelId: string | null): Promise<void> {
  try {
    const channelId = knownChannelId ?? (await api.message(id)).channel_id;
    goTo({ ...EVERYTHING, channelId }, id);
  } catch (error) {
    onNotice(error instanceof ApiError ? error.message : String(error));
  }
}

function onState(state: SessionState): void {
  showState(find('state', HTMLElement), state);
  if (state.kind === 'live') connections += 1;
  const needsKey = state.kind === 'key-needed';
  find('key-form', HTMLElement).hidden = !needsKey;
  if (!needsKey) return;
  find('key-problem', HTMLElement).textContent = state.detail;
  find('key', HTMLInputElement).focus();
}

function onNotice(text: string): void {
  const notice = find('notice', HTMLElement);
  notice.textContent = text;
  notice.hidden = false;
}

/** A directory that cannot be had costs names, not messages. */
async function loadDirectory(): Promise<void> {
  try {
    directory.load(await api.list('/guilds', 'guilds'), await api.list('/channels', 'channels'));
    showTitle();
    sidebar.show(filter);
  } catch {
    sidebar.show(filter);
  }
}

function connect(key: string | null): void {
  viewer?.close();
  api = createApi(origin, key);
  const options = { api, tap, directory, names, sidebar, counter, onState, onNotice, filter: () => filter };
  viewer = createViewer(options);
  showView();
  void loadDirectory();
}

function setSidebarOpen(isOpen: boolean): void {
  document.body.classList.toggle('sidebar-open', isOpen);
  find('toggle-sidebar', HTMLButtonElement).ariaExpanded = String(isOpen);
}

find('toggle-sidebar', HTMLButtonElement).addEventListener('click', () => {
  setSidebarOpen(!document.body.classList.contains('sidebar-open'));
});
find('sidebar', HTMLElement).addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') setSidebarOpen(false);
});
find('key-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const input = find('key', HTMLInputElement);
  const key = input.value.trim();
  input.value = '';
  sessionStorage.setItem(KEY_ITEM, key);
  connect(key);
});
addEventListener('popstate', () => {
  ({ filter, around } = readLocation(location.search));
  showView();
});
createSearch({
  api: () => api,
  filter: () => filter,
  names,
  goToMessage: (id, channelId) => void goToMessage(id, channelId),
  goToTime: (time) => goTo(filter, time),
});

connect(sessionStorage.getItem(KEY_ITEM));

const isPlayground = await isDemo(origin);
if (isPlayground) demo = createDemo({ origin, channelId: () => filter.channelId, dropSocket: tap.drop });
const panel = createPanel(isPlayground ? ['break', 'frames', 'use'] : ['frames', 'use'], (tab) => {
  frames.setShown(tab === 'frames');
});
if (demo !== null) {
  const { showCounts } = demo;
  setInterval(() => {
    if (panel.isOpen && panel.tab === 'break') showCounts(counter.counts, connections);
  }, 250);
}
