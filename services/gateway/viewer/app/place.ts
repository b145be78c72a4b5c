/** What somebody typed into the search box. */
export type Place =
  | { readonly kind: 'message'; readonly id: string; readonly channelId: string | null }
  /** RFC 3339. */
  | { readonly kind: 'time'; readonly time: string }
  | { readonly kind: 'words'; readonly words: string };

const MESSAGE_LINK =
  /^https?:\/\/(?:\w+\.)?discord(?:app)?\.com\/channels\/(?:\d{1,20}|@me)\/(\d{1,20})\/(\d{1,20})\/?$/;
const ID = /^\d{15,20}$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2})?$/;

/** Understands a message link, a bare message id, a date with or without a time (local), and takes the rest as words to look for. */
export function parsePlace(input: string): Place {
  const text = input.trim();
  const [, channelId, id] = MESSAGE_LINK.exec(text) ?? [];
  if (channelId !== undefined && id !== undefined) return { kind: 'message', id, channelId };
  if (ID.test(text)) return { kind: 'message', id: text, channelId: null };
  const time = DATE.test(text) ? new Date(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')) : null;
  if (time !== null && !Number.isNaN(time.getTime())) return { kind: 'time', time: time.toISOString() };
  return { kind: 'words', words: text };
}
