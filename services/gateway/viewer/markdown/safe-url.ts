const LINK_PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/** The address in its serialised form when a click on it is harmless, else null. */
export function safeLink(text: string): string | null {
  const url = parse(text);
  return url !== null && LINK_PROTOCOLS.has(url.protocol) ? url.href : null;
}

/** The same for what a page loads by itself: pictures, video, sound. */
export function safeMedia(text: string | null | undefined): string | null {
  const url = typeof text === 'string' ? parse(text) : null;
  return url !== null && url.protocol === 'https:' ? url.href : null;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
