import { type Api, ApiError } from '../connection/api.ts';
import { create, find } from '../dom.ts';
import type { Names } from '../markdown/render-markdown.ts';
import { filterParameters, type ViewFilter } from '../model/message.ts';
import { createRow } from '../rows/row.ts';
import { parsePlace } from './place.ts';

export interface SearchOptions {
  readonly api: () => Api;
  readonly filter: () => ViewFilter;
  readonly names: Names;
  /** `message`: an id; `channelId` null = not known. */
  readonly goToMessage: (id: string, channelId: string | null) => void;
  readonly goToTime: (time: string) => void;
}

const PAGE_RESULTS = '25';

/** The search box: words are looked for with `q`, links, ids and dates are gone to. `/` puts the cursor into it. */
export function createSearch({ api, filter, names, goToMessage, goToTime }: SearchOptions): void {
  const query = find('query', HTMLInputElement);
  const date = find('date', HTMLInputElement);
  const results = find('results', HTMLElement);
  const title = find('results-title', HTMLHeadingElement);
  const found = find('found', HTMLOListElement);
  const more = find('more-results', HTMLButtonElement);
  let words = '';
  let searches = 0;

  const close = (): void => {
    searches += 1;
    results.hidden = true;
    found.replaceChildren();
  };

  const createResult = (message: Awaited<ReturnType<Api['message']>>): HTMLElement => {
    const place = { isContinued: false, startsDay: true, namesChannel: true };
    const row = createRow({ id: message.id, message, asOf: 0 }, place, names);
    const go = create('button', 'jump', 'Go there');
    go.type = 'button';
    go.addEventListener('click', () => {
      close();
      goToMessage(message.id, message.channel_id);
    });
    row.append(go);
    return row;
  };

  const search = async (before: string | null): Promise<void> => {
    searches += 1;
    const mine = searches;
    const parameters = filterParameters(filter());
    parameters.set('q', words);
    parameters.set('limit', PAGE_RESULTS);
    if (before !== null) parameters.set('before', before);
    else found.replaceChildren();
    results.hidden = false;
    more.hidden = true;
    title.textContent = `Looking for “${words}” …`;
    try {
      const page = await api().messages(parameters);
      if (mine !== searches) return;
      found.append(...page.messages.map(createResult));
      more.hidden = !page.hasMore;
      title.textContent = found.childElementCount === 0 ? `Nothing found for “${words}”` : `Found for “${words}”`;
    } catch (error) {
      if (mine !== searches) return;
      const isMissing = error instanceof ApiError && error.status === 400;
      title.textContent = isMissing
        ? 'This server cannot search for that.'
        : `The search failed: ${error instanceof Error ? error.message : ''}`;
    }
  };

  find('search', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    const place = parsePlace(query.value);
    if (place.kind === 'message') goToMessage(place.id, place.channelId);
    else if (place.kind === 'time') goToTime(place.time);
    else if (place.words === '') return close();
    else {
      words = place.words;
      void search(null);
      return;
    }
    close();
  });
  date.addEventListener('change', () => {
    const place = parsePlace(date.value);
    if (place.kind === 'time') goToTime(place.time);
  });
  more.addEventListener('click', () => {
    const last = found.lastElementChild;
    if (last instanceof HTMLElement) void search(last.dataset.id ?? null);
  });
  find('close-results', HTMLButtonElement).addEventListener('click', close);
  results.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') close();
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    query.focus();
  });
}
