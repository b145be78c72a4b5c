import { create, find } from '../dom.ts';
import { isObject } from '../model/message.ts';

const MAX_FRAMES = 100;

export interface FrameView {
  /** A frame as it came. Costs nothing while nobody looks. */
  add(text: string): void;
  /** Shows what came, or not. */
  setShown(isShown: boolean): void;
}

/** The newest hundred frames of the socket, newest first; each opens to what is in it. */
export function createFrameView(): FrameView {
  const root = find('panel-frames', HTMLElement);
  const list = create('ol', 'frames');
  const pause = create('button', '', 'Pause');
  pause.type = 'button';
  pause.ariaPressed = 'false';
  root.append(create('div', 'bar', create('p', 'about', 'What the WebSocket carries, as it comes.'), pause), list);
  const frames: string[] = [];
  let fresh = 0;
  let isShown = false;
  let isPaused = false;
  let isScheduled = false;

  const render = (): void => {
    isScheduled = false;
    if (!isShown || isPaused) return;
    list.prepend(...frames.slice(-Math.min(fresh, MAX_FRAMES)).reverse().map(createFrame));
    fresh = 0;
    while (list.childElementCount > MAX_FRAMES) list.lastElementChild?.remove();
  };
  const schedule = (): void => {
    if (isScheduled || !isShown || isPaused) return;
    isScheduled = true;
    requestAnimationFrame(render);
  };

  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    pause.ariaPressed = String(isPaused);
    pause.textContent = isPaused ? 'Go on' : 'Pause';
    schedule();
  });

  return {
    add(text) {
      frames.push(text);
      if (frames.length > MAX_FRAMES) frames.shift();
      fresh += 1;
      schedule();
    },
    setShown(value) {
      isShown = value;
      schedule();
    },
  };
}

function createFrame(text: string): HTMLLIElement {
  const body = create('pre');
  const details = create('details', '', create('summary', '', ...describe(text)), body);
  details.addEventListener('toggle', () => {
    if (body.textContent === '') body.textContent = indented(text);
  });
  return create('li', '', details);
}

const OP_NAMES: Readonly<Record<number, string>> = {
  7: 'RECONNECT',
  10: 'HELLO',
  11: 'ACK',
  100: 'POSITION',
  102: 'SUBSCRIBED',
  103: 'ERROR',
};

function describe(text: string): readonly HTMLElement[] {
  const frame = parse(text);
  const op = isObject(frame) && typeof frame.op === 'number' ? frame.op : -1;
  const name = isObject(frame) && typeof frame.t === 'string' ? frame.t : (OP_NAMES[op] ?? `op ${op}`);
  const seq = isObject(frame) && typeof frame.s === 'number' ? `seq ${frame.s}` : '';
  return [
    create('span', 'frame-name', name),
    create('span', 'about', `${seq} · ${text.length.toLocaleString()} characters`),
  ];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const indented = (text: string): string => JSON.stringify(parse(text), null, 2) ?? text;
