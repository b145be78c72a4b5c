import { create, find } from '../dom.ts';

export type TabName = 'break' | 'frames' | 'use';

const TITLES: Readonly<Record<TabName, string>> = { break: 'Break it', frames: 'Frames', use: 'Use it' };

export interface Panel {
  readonly isOpen: boolean;
  readonly tab: TabName;
  open(tab?: TabName): void;
}

/** The drawer beside the messages, with the given tabs. Arrow keys move between tabs, Escape closes it. */
export function createPanel(tabs: readonly TabName[], onShow: (tab: TabName) => void): Panel {
  const panel = find('panel', HTMLElement);
  const toggle = find('toggle-panel', HTMLButtonElement);
  let current: TabName = tabs[0] ?? 'use';
  const buttons = new Map<TabName, HTMLButtonElement>();

  const select = (name: TabName): void => {
    current = name;
    for (const [each, button] of buttons) {
      button.ariaSelected = String(each === name);
      button.tabIndex = each === name ? 0 : -1;
      find(`panel-${each}`, HTMLElement).hidden = each !== name;
    }
    onShow(name);
  };

  const setOpen = (isOpen: boolean): void => {
    panel.hidden = !isOpen;
    toggle.ariaExpanded = String(isOpen);
    if (isOpen) select(current);
  };

  for (const name of tabs) {
    const button = create('button', 'tab', TITLES[name]);
    button.type = 'button';
    button.id = `tab-${name}`;
    button.role = 'tab';
    button.setAttribute('aria-controls', `panel-${name}`);
    button.addEventListener('click', () => select(name));
    buttons.set(name, button);
  }
  const list = find('tabs', HTMLElement);
  list.append(...buttons.values());
  list.addEventListener('keydown', ({ key }) => {
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const next = tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    select(next);
    buttons.get(next)?.focus();
  });
  const close = (): void => {
    setOpen(false);
    toggle.focus();
  };
  toggle.addEventListener('click', () => setOpen(panel.hidden !== false));
  find('close-panel', HTMLButtonElement).addEventListener('click', close);
  panel.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') close();
  });

  return {
    get isOpen() {
      return panel.hidden === false;
    },
    get tab() {
      return current;
    },
    open(tab = current) {
      current = tab;
      setOpen(true);
    },
  };
}
