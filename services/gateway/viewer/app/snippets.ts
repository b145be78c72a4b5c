import { filterParameters, type ViewFilter } from '../model/message.ts';

export interface Snippet {
  readonly title: string;
  readonly text: string;
}

/** How to get what is on the screen without this page. */
export function createSnippets(origin: string, filter: ViewFilter): readonly Snippet[] {
  const query = filterParameters(filter).toString();
  const withQuery = (path: string, more: string): string =>
    `${path}?${[query, more].filter((part) => part !== '').join('&')}`;
  const socket = origin.replace(/^http/, 'ws');
  const ids = [...filterParameters(filter)].map(([name, id]) => `${name}: ['${id}']`);
  const sdkFilter = ids.length === 0 ? '' : `, filter: { ${ids.join(', ')} }`;
  const attributes = [...filterParameters(filter)].map(([name, id]) => ` ${name.replace('_', '-')}="${id}"`).join('');
  return [
    { title: 'History', text: `curl '${origin}${withQuery('/messages', 'limit=10')}'` },
    { title: 'Stream', text: `curl -N '${origin}${withQuery('/events', 'since=10m')}'` },
    { title: 'WebSocket', text: `npx wscat -s dms.v1 -c '${socket}${withQuery('/ws', 'since=10m')}'` },
    {
      title: 'TypeScript',
      text: `import { createStreamClient } from '@dms/client';\n\nconst stream = createStreamClient({ url: '${socket}/ws', since: '10m'${sdkFilter} });\nfor await (const event of stream) console.log(event.t, event.d);`,
    },
    { title: 'OBS browser source', text: `${origin}${withQuery('/overlay', 'fade=30')}` },
    {
      title: 'Website',
      text: `<script src="${origin}/embed.js" defer></script>\n<discord-messages${attributes}></discord-messages>`,
    },
  ];
}
