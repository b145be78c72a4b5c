import { create, find } from '../dom.ts';
import type { ViewFilter } from '../model/message.ts';
import { createSnippets } from './snippets.ts';

/** Lines that get what is on the screen elsewhere, each with a button that copies it. */
export function showSnippets(origin: string, filter: ViewFilter): void {
  const root = find('panel-use', HTMLElement);
  root.replaceChildren(
    ...createSnippets(origin, filter).map(({ title, text }) => {
      const copy = create('button', '', 'Copy');
      copy.type = 'button';
      copy.ariaLabel = `Copy: ${title}`;
      const code = create('code', '', text);
      copy.addEventListener('click', async () => {
        // Outside a secure context, such as plain HTTP in a local network, there is no clipboard: select, for Ctrl-C.
        if (navigator.clipboard === undefined) getSelection()?.selectAllChildren(code);
        else
          await navigator.clipboard.writeText(text).then(
            () => (copy.textContent = 'Copied'),
            () => {},
          );
      });
      return create('section', 'snippet', create('div', 'bar', create('h3', '', title), copy), create('pre', '', code));
    }),
  );
}
