import { create, find } from '../dom.ts';
import { isObject } from '../model/message.ts';
import type { StreamCounts } from './counters.ts';

export interface DemoOptions {
  readonly origin: string;
  /** Where a message goes while a channel is shown; null = none is. */
  readonly channelId: () => string | null;
  readonly dropSocket: () => void;
}

export interface Demo {
  showCounts(counts: StreamCounts, reconnects: number): void;
}

/** Whether this server plays with a simulated Discord. */
export async function isDemo(origin: string): Promise<boolean> {
  try {
    const answer: unknown = await (await fetch(`${origin}/viewer.json`)).json();
    return isObject(answer) && answer.demo === true;
  } catch {
    return false;
  }
}

/** The box that posts into the simulated Discord, and the panel that breaks things. */
export function createDemo({ origin, channelId, dropSocket }: DemoOptions): Demo {
  const status = create('p', 'about');
  status.setAttribute('role', 'status');

  const post = async (path: string, body: object): Promise<string> => {
    try {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (answer.ok) return '';
      const problem: unknown = await answer.json().catch(() => null);
      return isObject(problem) && typeof problem.detail === 'string'
        ? problem.detail
        : `The server answered ${answer.status}.`;
    } catch {
      return 'The server cannot be reached right now.';
    }
  };

  const composer = find('composer', HTMLFormElement);
  const text = find('composer-text', HTMLInputElement);
  composer.hidden = false;
  composer.addEventListener('submit', async (event) => {
    event.preventDefault();
    const user = find('composer-user', HTMLInputElement).value.trim();
    const problem = await post('/demo/messages', { channel: channelId(), user, text: text.value });
    text.setCustomValidity(problem);
    if (problem === '') text.value = '';
    else composer.reportValidity();
  });
  text.addEventListener('input', () => text.setCustomValidity(''));

  const button = (name: string, explanation: string, work: () => Promise<string>): HTMLElement => {
    const control = create('button', 'danger', name);
    control.type = 'button';
    control.addEventListener('click', async () => {
      control.disabled = true;
      status.textContent = (await work()) || explanation;
      control.disabled = false;
    });
    return control;
  };
  const counters = create('dl', 'counters');
  counters.id = 'counters';
  find('panel-break', HTMLElement).append(
    create('p', '', 'Break something. The stream goes on where it was: the three numbers below stay at 0.'),
    button('Drop my socket', 'Cut. It reconnects with its position.', async () => {
      dropSocket();
      return '';
    }),
    button('Pause Discord', 'The bot’s connection was cut, and Discord is silent for 8 seconds. Then it resumes.', () =>
      post('/demo/pause', {}),
    ),
    button('Restart the gateway', 'It drains, ends and starts again; this page resumes.', () =>
      post('/demo/restart', {}),
    ),
    status,
    counters,
  );

  return {
    showCounts({ events, gaps, duplicates, reorders }, reconnects) {
      const rows = { gaps, duplicates, reorders, 'events received': events, 'times connected': reconnects };
      counters.replaceChildren(
        ...Object.entries(rows).flatMap(([name, value]) => {
          const number = create('dd', '', value.toLocaleString());
          number.dataset.counter = name;
          number.dataset.value = String(value);
          return [create('dt', '', name), number];
        }),
      );
    },
  };
}
