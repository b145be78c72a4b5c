import type { StoredMessage } from '@dms/protocol';
import { create } from '../dom.ts';
import { type Names, renderMarkdown } from '../markdown/render-markdown.ts';
import { renderAttachment } from '../rows/attachments.ts';
import { createAvatar } from '../rows/avatar.ts';
import type { OverlayTheme } from './theme.ts';

/** The lines on air. */
export interface Lines {
  add(message: StoredMessage): void;
  /** In place; a message that is not there stays away. */
  replace(message: StoredMessage): void;
  /** At once, without a fade. */
  remove(id: string): void;
  clear(): void;
}

const FADE_OUT_MS = 600;

export function createLines(list: HTMLElement, theme: OverlayTheme): Lines {
  const lines = new Map<string, HTMLElement>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();

  const remove = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    lines.get(id)?.remove();
    lines.delete(id);
  };

  const fade = (id: string): void => {
    lines.get(id)?.classList.add('fading');
    timers.set(
      id,
      setTimeout(() => remove(id), FADE_OUT_MS),
    );
  };

  return {
    add(message) {
      const { id } = message;
      if (lines.has(id)) return;
      const line = createLine(message, theme);
      lines.set(id, line);
      list.append(line);
      if (theme.fade > 0)
        timers.set(
          id,
          setTimeout(() => fade(id), theme.fade * 1_000),
        );
      for (const oldest of lines.keys()) {
        if (lines.size <= theme.max) break;
        remove(oldest);
      }
    },
    replace(message) {
      const old = lines.get(message.id);
      if (old === undefined) return;
      const line = createLine(message, theme);
      line.classList.add('settled');
      old.replaceWith(line);
      lines.set(message.id, line);
    },
    remove,
    clear() {
      for (const id of [...lines.keys()]) remove(id);
    },
  };
}

function createLine(message: StoredMessage, { hasAvatars, namesChannel, hasMedia }: OverlayTheme): HTMLElement {
  const { author_name: name, author_color: color, author_avatar_url: avatar, channel_name: channel } = message.display;
  const line = create('li', 'line');
  line.dataset.id = message.id;
  if (hasAvatars) line.append(createAvatar(name, avatar));
  const author = create('span', 'author', name);
  if (color !== null) author.style.setProperty('--author', color);
  const words = create('div', 'words', author);
  if (namesChannel) words.append(create('span', 'about', ` #${channel}`));
  words.append(create('div', 'markdown', renderMarkdown(textOf(message), namesOf(message))));
  if (hasMedia) words.append(...message.attachments.map(renderAttachment));
  line.append(words);
  return line;
}

const textOf = ({ content, display, attachments }: StoredMessage): string =>
  content || display.text || attachments.map(({ filename }) => filename).join(', ');

/** Nobody can look anything up on air: what the message itself says has to do. */
function namesOf({ mentions, mention_channels: channels }: StoredMessage): Names {
  return {
    user(id) {
      const user = mentions?.find((mentioned) => mentioned.id === id);
      return user === undefined ? 'somebody' : (user.global_name ?? user.username);
    },
    channel: (id) => channels?.find((mentioned) => mentioned.id === id)?.name ?? 'channel',
    role: () => ({ name: 'role', color: null }),
  };
}
