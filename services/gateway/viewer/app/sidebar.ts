import { create, createImage } from '../dom.ts';
import { CATEGORY, type Channel, type Directory, isThread } from '../model/directory.ts';
import { isOlder, type ViewFilter } from '../model/message.ts';

const MAX_THREADS_PER_CHANNEL = 12;
const FORUM_TYPES: ReadonlySet<number> = new Set([15, 16]);
const NEWS = 5;
const VOICE_TYPES: ReadonlySet<number> = new Set([2, 13]);

export interface Sidebar {
  /** The directory or the view changed. */
  show(current: ViewFilter): void;
  /** A message came in a channel that is not shown. */
  addUnread(channelId: string): void;
}

/** The list of channels inside `root`; `choose` is called with the one that is clicked. */
export function createSidebar(root: HTMLElement, directory: Directory, choose: (filter: ViewFilter) => void): Sidebar {
  const unread = new Map<string, number>();
  const badges = new Map<string, HTMLElement>();
  let current: ViewFilter = { guildId: null, channelId: null, authorId: null };

  const createEntry = (filter: ViewFilter, sign: string, name: string, className: string): HTMLElement => {
    const id = filter.channelId ?? filter.guildId;
    const badge = create('span', 'unread');
    if (filter.channelId !== null) {
      badges.set(filter.channelId, badge);
      showUnread(badge, unread.get(filter.channelId) ?? 0);
    }
    const mark = create('span', 'sign', sign);
    mark.ariaHidden = 'true';
    const link = create('a', className, mark, create('span', 'name', name), badge);
    link.href = filter.channelId !== null ? `?channel_id=${id}` : filter.guildId !== null ? `?guild_id=${id}` : '?';
    if (filter.channelId === current.channelId && filter.guildId === current.guildId) link.ariaCurrent = 'page';
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(filter);
    });
    return create('li', '', link);
  };

  const createChannel = (channel: Channel, threads: readonly Channel[]): HTMLElement => {
    const filter = { guildId: null, channelId: channel.id, authorId: null };
    const entry = createEntry(filter, signOf(channel), channel.name, 'channel');
    if (threads.length > 0) {
      const newest = [...threads].sort(newestFirst).slice(0, MAX_THREADS_PER_CHANNEL);
      const items = newest.map((thread) =>
        createEntry({ ...filter, channelId: thread.id }, '↳', thread.name, 'channel thread'),
      );
      entry.append(create('ul', '', ...items));
    }
    return entry;
  };

  const createGuild = (guildId: string): readonly HTMLElement[] => {
    const guild = directory.guilds.get(guildId);
    const all = [...directory.channels.values()].filter((channel) => channel.guildId === guildId);
    const threads = (id: string): readonly Channel[] => all.filter((each) => isThread(each) && each.parentId === id);
    const rooms = all.filter((channel) => !isThread(channel) && channel.type !== CATEGORY).sort(byPlace);
    const categories = all.filter(({ type }) => type === CATEGORY).sort(byPlace);
    const listOf = (parentId: string | null): HTMLElement =>
      create(
        'ul',
        '',
        ...rooms
          .filter((room) =>
            parentId === null ? !categories.some(({ id }) => id === room.parentId) : room.parentId === parentId,
          )
          .map((room) => createChannel(room, threads(room.id))),
      );
    const name = guild?.name ?? guildId;
    const sign = guild?.iconUrl ? createImage(guild.iconUrl, 'guild-icon', '', document.createTextNode('')) : null;
    return [
      create('h2', 'guild', sign, name),
      listOf(null),
      ...categories.flatMap((category) => [create('h3', 'category', category.name), listOf(category.id)]),
    ];
  };

  const render = (): void => {
    badges.clear();
    const guildIds = new Set([...directory.channels.values()].flatMap(({ guildId }) => guildId ?? []));
    const everything = createEntry({ guildId: null, channelId: null, authorId: null }, '∗', 'Everything', 'channel');
    root.replaceChildren(create('ul', '', everything), ...[...guildIds].flatMap(createGuild));
  };

  return {
    show(filter) {
      current = filter;
      if (filter.channelId !== null) unread.delete(filter.channelId);
      if (filter.channelId === null && filter.guildId === null) unread.clear();
      render();
    },
    addUnread(channelId) {
      const count = (unread.get(channelId) ?? 0) + 1;
      unread.set(channelId, count);
      const badge = badges.get(channelId);
      if (badge !== undefined) showUnread(badge, count);
    },
  };
}

const byPlace = (a: Channel, b: Channel): number => a.place - b.place || (isOlder(a.id, b.id) ? -1 : 1);
const newestFirst = (a: Channel, b: Channel): number => (isOlder(a.id, b.id) ? 1 : -1);

function signOf({ type }: Channel): string {
  if (FORUM_TYPES.has(type)) return '▤';
  if (VOICE_TYPES.has(type)) return '♪';
  return type === NEWS ? '!' : '#';
}

function showUnread(badge: HTMLElement, count: number): void {
  badge.textContent = count === 0 ? '' : count > 99 ? '99+' : String(count);
  if (count > 0) badge.ariaLabel = `${count} unread`;
}
