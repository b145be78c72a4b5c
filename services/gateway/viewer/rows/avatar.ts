import { create, createImage } from '../dom.ts';
import { safeMedia } from '../markdown/safe-url.ts';

/** First letters of the first two words, `?` without any. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).slice(0, 2);
  const letters = words.map((word) => [...word.replace(/^[^\p{L}\p{N}]+/u, '')][0] ?? '');
  return letters.join('').toUpperCase() || '?';
}

const HUES = 12;

/** The picture, or initials in one of twelve colours that go with the name. */
export function createAvatar(name: string, address: string | null | undefined, className = 'avatar'): HTMLElement {
  const initials = create('span', `${className} initials`, initialsOf(name));
  initials.ariaHidden = 'true';
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  initials.dataset.hue = String(sum % HUES);
  const source = safeMedia(address);
  return source === null ? initials : createImage(source, className, '', initials);
}
