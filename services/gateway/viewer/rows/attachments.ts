import type { StoredMessage } from '@dms/protocol';
import { create, createImage, createLink } from '../dom.ts';
import { safeMedia } from '../markdown/safe-url.ts';

type Attachment = StoredMessage['attachments'][number];

const MAX_WIDTH = 400;
const MAX_HEIGHT = 300;

export function renderAttachment(attachment: Attachment): HTMLElement {
  const kind = attachment.content_type?.split('/')[0] ?? '';
  const source = safeMedia(attachment.url);
  if (source === null) return createFileCard(attachment, null);
  if (kind === 'image') return createPicture(attachment, source);
  if (kind === 'video' || kind === 'audio') return createPlayer(kind, attachment, source);
  return createFileCard(attachment, source);
}

function createPicture(attachment: Attachment, source: string): HTMLElement {
  const preview = safeMedia(attachment.proxy_url) ?? source;
  const card = createFileCard(attachment, source);
  const image = createImage(preview, 'picture', attachment.description ?? attachment.filename, card);
  reserve(image, attachment.width, attachment.height);
  const link = createLink(source, 'picture-link', image);
  // A link around a card that is a link would be none.
  image.addEventListener('error', () => link.replaceWith(card), { once: true });
  return link;
}

/** So that nothing moves when the picture arrives. */
export function reserve(image: HTMLImageElement, width?: number | null, height?: number | null): void {
  if (!width || !height) return;
  const scale = Math.min(1, MAX_WIDTH / width, MAX_HEIGHT / height);
  image.width = Math.round(width * scale);
  image.height = Math.round(height * scale);
}

function createPlayer(kind: 'video' | 'audio', attachment: Attachment, source: string): HTMLElement {
  const player = create(kind, 'player');
  player.controls = true;
  player.preload = 'none';
  player.src = source;
  player.ariaLabel = attachment.filename;
  return create('div', 'media', player, createFileCard(attachment, source));
}

function createFileCard(attachment: Attachment, source: string | null): HTMLElement {
  const words = [create('span', 'file-name', attachment.filename), create('span', 'about', sizeOf(attachment.size))];
  return source === null ? create('span', 'file', ...words) : createLink(source, 'file', ...words);
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
