import { openLiveStream } from '/live-stream.js';

const MAX_ROWS = 500;
const KEY_ITEM = 'dms.key';
const FILTER_PARAMETERS = ['guild_id', 'channel_id', 'author_id'];
const STATE_TEXT = {
  loading: 'loading',
  live: 'live',
  waiting: 'reconnecting',
  'key-needed': 'key needed',
  stopped: 'stopped',
};

const element = (id) => document.getElementById(id);
const list = element('messages');
const scroller = element('scroller');
const rows = new Map();

function create(tag, className, text = '') {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** First letters of the first two words; a single word gives only one. */
const initialsOf = (name) => {
  const letters = name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '');
  return letters.join('').toUpperCase() || '?';
};

function createAvatar(message, name) {
  const initials = create('span', 'avatar', initialsOf(name));
  initials.ariaHidden = 'true';
  const address = message.display?.author_avatar_url;
  if (!address) return initials;
  const image = create('img', 'avatar');
  image.alt = '';
  image.loading = 'lazy';
  image.referrerPolicy = 'no-referrer';
  image.addEventListener('error', () => image.replaceWith(initials), { once: true });
  image.src = address;
  return image;
}

/** What there is to read when there is no text. */
function noteOf(message) {
  if (message.display?.content_available === false) return '(Discord withheld the text)';
  const names = (message.attachments ?? []).map((attachment) => attachment.filename);
  if (names.length > 0) return `(attached: ${names.join(', ')})`;
  if (message.sticker_items?.length > 0) return `(sticker: ${message.sticker_items[0].name})`;
  return message.embeds?.length > 0 ? '(embed)' : '';
}

function createHead(message, name) {
  const author = create('span', 'author', name);
  if (message.display?.author_color) author.style.setProperty('--author', message.display.author_color);
  const sentAt = new Date(message.timestamp);
  const time = create('time', 'about', sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
  time.dateTime = message.timestamp;
  time.title = sentAt.toLocaleString();
  const channel = create('span', 'about', `#${message.display?.channel_name ?? message.channel_id}`);
  const head = create('div', 'head');
  head.append(author, ' ', channel, ' ', time);
  return head;
}

function createRow(message) {
  const name = message.display?.author_name ?? message.author?.username ?? 'unknown';
  const row = create('li', '');
  row.dataset.id = message.id;
  const text = create('p', 'text', message.display?.text || message.content);
  const note = noteOf(message);
  if (note !== '') text.append(text.textContent === '' ? '' : '\n', create('span', 'note', note));
  if (message.edited_timestamp) text.append(' ', create('span', 'note', '(edited)'));
  row.append(createAvatar(message, name), createHead(message, name), text);
  return row;
}

/** Ids are too long for numbers; without leading zeros, length decides first. */
const isOlder = (a, b) => (a.length === b.length ? a < b : a.length < b.length);

/** By id, because history that is filled in later belongs above what is already there. */
function insertRow(message) {
  const row = createRow(message);
  let next = null;
  for (
    let last = list.lastElementChild;
    last && isOlder(message.id, last.dataset.id);
    last = last.previousElementSibling
  ) {
    next = last;
  }
  list.insertBefore(row, next);
  rows.set(message.id, row);
}

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;

/** Whether the reader wants to stay with the newest message: true until they scroll up. */
let isFollowing = true;

function scrollToEnd() {
  isFollowing = true;
  scroller.scrollTop = scroller.scrollHeight;
  element('newest').hidden = true;
}

/** Changes the list and keeps the end in view if it was in view. */
function change(alter) {
  alter();
  while (list.childElementCount > MAX_ROWS) {
    rows.delete(list.firstElementChild.dataset.id);
    list.firstElementChild.remove();
  }
  element('empty').hidden = rows.size > 0;
  if (isFollowing) scrollToEnd();
}

function showHistory(messages) {
  change(() => {
    rows.clear();
    list.replaceChildren();
    for (const message of messages.toReversed()) insertRow(message);
  });
  scroller.ariaBusy = 'false';
  scrollToEnd();
}

function replaceRow(message) {
  const old = rows.get(message.id);
  if (old === undefined) return;
  const row = createRow(message);
  old.replaceWith(row);
  rows.set(message.id, row);
}

/** The words leave the page, the gap stays visible. */
function strikeRow(id) {
  const row = rows.get(id);
  if (row === undefined) return;
  row.className = 'deleted';
  row.querySelector('.text').textContent = 'deleted';
}

function showEvent(type, d) {
  // Deleted since: only its ids are left, and its delete follows.
  if (d.purged) return;
  if (type === 'MESSAGE_CREATE' && !rows.has(d.id)) {
    change(() => insertRow(d));
    element('newest').hidden = isFollowing;
  } else if (type === 'MESSAGE_UPDATE') {
    change(() => replaceRow(d));
  } else if (type === 'MESSAGE_DELETE') {
    change(() => strikeRow(d.id));
  }
}

function showState(state, detail) {
  const pill = element('state');
  pill.dataset.state = state;
  pill.textContent = STATE_TEXT[state];
  pill.title = detail ?? '';
  element('key-form').hidden = state !== 'key-needed';
  if (state === 'key-needed') element('key').focus();
}

const asked = new URLSearchParams(location.search);
const filter = new URLSearchParams([...asked].filter(([name]) => FILTER_PARAMETERS.includes(name)));

function open(key) {
  openLiveStream({
    origin: location.origin,
    filter,
    key,
    on: { state: showState, history: showHistory, event: showEvent },
    fetch: fetch.bind(globalThis),
    WebSocket,
  });
}

element('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const key = element('key').value.trim();
  element('key').value = '';
  sessionStorage.setItem(KEY_ITEM, key);
  open(key);
});
element('newest').addEventListener('click', scrollToEnd);
scroller.addEventListener('scroll', () => {
  isFollowing = isAtEnd();
  if (isFollowing) element('newest').hidden = true;
});
// The list shrinks when the box below it opens.
new ResizeObserver(() => {
  if (isFollowing) scrollToEnd();
}).observe(scroller);
element('use-curl').textContent = `curl '${location.origin}/messages?limit=10'`;
element('use-socket').textContent = `npx wscat -c '${location.origin.replace(/^http/, 'ws')}/ws'`;
open(sessionStorage.getItem(KEY_ITEM));
