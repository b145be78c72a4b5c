type Child = Node | string | null;

/** An element with its class and what is in it. Text is text: nothing here, and nothing that uses it, ever parses markup. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** @throws TypeError when the page has no such element */
export function find<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`#${id} is not there`);
  return element;
}

/** A link that leaves this site, telling it nothing. */
export function createLink(href: string, className: string, ...children: readonly Child[]): HTMLAnchorElement {
  const link = create('a', className, ...children);
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  return link;
}

/** `instead` takes its place when the picture cannot be had. */
export function createImage(src: string, className: string, alt: string, instead: Node): HTMLImageElement {
  const image = create('img', className);
  image.alt = alt;
  image.loading = 'lazy';
  image.decoding = 'async';
  image.referrerPolicy = 'no-referrer';
  image.addEventListener('error', () => image.replaceWith(instead), { once: true });
  image.src = src;
  return image;
}
