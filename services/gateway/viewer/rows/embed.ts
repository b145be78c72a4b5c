import type { StoredMessage } from '@dms/protocol';
import { create, createImage, createLink } from '../dom.ts';
import { type Names, renderMarkdown } from '../markdown/render-markdown.ts';
import { safeLink, safeMedia } from '../markdown/safe-url.ts';
import { hexColor } from '../model/directory.ts';
import { reserve } from './attachments.ts';

type Embed = StoredMessage['embeds'][number];

export function renderEmbed(embed: Embed, names: Names): HTMLElement {
  const card = create('article', 'embed');
  if (embed.color !== undefined) card.style.setProperty('--stripe', hexColor(embed.color));
  const words = create('div', 'embed-words');
  if (embed.provider?.name) words.append(create('span', 'about', embed.provider.name));
  if (embed.author) words.append(createTitle(embed.author.name, embed.author.url, 'embed-author'));
  if (embed.title) words.append(createTitle(embed.title, embed.url, 'embed-title'));
  if (embed.description) words.append(create('div', 'markdown', renderMarkdown(embed.description, names)));
  if (embed.fields?.length) words.append(renderFields(embed.fields, names));
  const picture = createPicture(embed.image, 'embed-image');
  if (picture !== null) words.append(picture);
  const footer = [embed.footer?.text, embed.timestamp && new Date(embed.timestamp).toLocaleString()].filter(Boolean);
  if (footer.length > 0) words.append(create('span', 'about', footer.join(' · ')));
  card.append(words, createPicture(embed.thumbnail, 'embed-thumbnail') ?? '');
  return card;
}

function createTitle(text: string, address: string | undefined, className: string): HTMLElement {
  const href = safeLink(address ?? '');
  return href === null ? create('span', className, text) : createLink(href, className, text);
}

function renderFields(fields: NonNullable<Embed['fields']>, names: Names): HTMLElement {
  const list = create('dl', 'embed-fields');
  for (const { name, value, inline } of fields) {
    const field = create('div', inline ? 'inline' : '', create('dt', '', name));
    field.append(create('dd', 'markdown', renderMarkdown(value, names)));
    list.append(field);
  }
  return list;
}

function createPicture(picture: Embed['image'], className: string): HTMLElement | null {
  const source = safeMedia(picture?.proxy_url) ?? safeMedia(picture?.url);
  if (source === null) return null;
  const image = createImage(source, className, '', document.createTextNode(''));
  reserve(image, picture?.width, picture?.height);
  return image;
}
