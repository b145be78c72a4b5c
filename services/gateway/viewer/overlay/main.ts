import { createStreamClient, isMessageEvent } from '@dms/client';
import { createApi } from '../connection/api.ts';
import { find } from '../dom.ts';
import { createLines } from './lines.ts';
import { readTheme } from './theme.ts';

const FILTER_PARAMETERS = ['guild_id', 'channel_id', 'author_id'] as const;

const parameters = new URLSearchParams(location.search);
// What stands behind `#` never leaves the browser, so that no log and no proxy sees the key.
const key = new URLSearchParams(location.hash.slice(1)).get('key');
const theme = readTheme(parameters, (property, value) => CSS.supports(property, value));
const lines = createLines(find('lines', HTMLElement), theme);
const api = createApi(location.origin, key);

document.body.classList.add(...theme.classes);
for (const [name, value] of theme.properties) document.body.style.setProperty(name, value);

const filter: Record<string, string[]> = {};
for (const name of FILTER_PARAMETERS) {
  const ids = parameters.get(name);
  if (ids) filter[name] = ids.split(',');
}

/** The newest messages, and where the stream goes on from them; without any, just where it is now. */
async function loadHistory(): Promise<string> {
  if (theme.history === 0) return 'latest';
  const query = new URLSearchParams(Object.entries(filter).map(([name, ids]) => [name, ids.join(',')]));
  query.set('limit', String(theme.history));
  try {
    const page = await api.messages(query);
    for (const message of [...page.messages].reverse()) lines.add(message);
    return page.position;
  } catch {
    return 'latest';
  }
}

const stream = createStreamClient({
  url: `${location.origin.replace(/^http/, 'ws')}/ws`,
  filter,
  since: await loadHistory(),
  ...(key !== null && { key }),
});
stream.on('status', ({ state }) => {
  document.body.dataset.state = state;
});
// What was missed may have been deleted since: nothing of before stays on air.
stream.on('reset', lines.clear);
stream.on('event', (event) => {
  if (event.t === 'MESSAGE_DELETE' && typeof event.d.id === 'string') lines.remove(event.d.id);
  if (!isMessageEvent(event)) return;
  if (event.t === 'MESSAGE_CREATE') lines.add(event.d);
  else lines.replace(event.d);
});
const end = await stream.closed;
if (end.kind === 'refused') {
  const problem = find('problem', HTMLElement);
  problem.textContent = end.reason;
  problem.hidden = false;
}
