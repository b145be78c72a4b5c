import { message } from './stage.ts';

const SCRIPT = "document.title='owned'";

/** Each would show itself if any of it were taken for more than text. */
export const HOSTILE_TEXTS: readonly string[] = [
  `<img src=x onerror="${SCRIPT}">`,
  `<script>${SCRIPT}</script>`,
  `"><svg onload="${SCRIPT}">`,
  '[click](javascript:alert(1)) [click](data:text/html,<script>alert(1)</script>) <javascript:alert(1)>',
  '<a:x"onerror=alert(1):1> <:y:1> <t:99999999999999:R> <t:1:Z>',
  '**<b id="markup">** `<i>` ||<u>|| [<b id="label">](https://example.com/"onclick="alert(1))',
  '```html\n<script>document.title="owned"</script>\n```',
  '> <iframe src="javascript:alert(1)"></iframe>\n# <style>*{display:none}</style>',
  '\u202Etxet desrever\u202C \u0007 \uFFFF',
  '*'.repeat(5_000),
];

const EVIL = 'javascript:document.title="owned"';
const TAG = '<img src=x onerror=alert(1)>';

/** A message in which everything that strangers decide is an attack. */
export const hostileMessage = (id: number): Record<string, unknown> =>
  message(id, TAG, {
    author: { id: TAG, username: TAG, global_name: TAG, avatar: '"><script>' },
    display: {
      ...Object(message(id, TAG).display),
      author_name: TAG,
      author_color: 'red; background: url(javascript:alert(1))',
      author_avatar_url: EVIL,
      channel_name: TAG,
    },
    attachments: [
      { id: '1', filename: TAG, url: EVIL, proxy_url: EVIL, size: 1, content_type: 'image/svg+xml' },
      { id: '2', filename: TAG, url: 'data:text/html,x', proxy_url: EVIL, size: 1, content_type: 'text/html' },
    ],
    embeds: [
      {
        title: TAG,
        url: EVIL,
        description: `[x](${EVIL}) ${TAG}`,
        author: { name: TAG, url: EVIL },
        image: { url: EVIL },
        thumbnail: { url: 'data:image/svg+xml,<svg onload=alert(1)>' },
        fields: [{ name: TAG, value: TAG }],
        footer: { text: TAG },
      },
    ],
    sticker_items: [{ id: '../../x', name: TAG, format_type: 1 }],
    reactions: [{ emoji: { id: '"><x', name: TAG }, count: 1 }],
    referenced_message: message(1, TAG, { author: { id: '8', username: TAG, avatar: '../../../x' } }),
    poll: { question: { text: TAG }, answers: [{ answer_id: 1, poll_media: { text: TAG } }] },
  });
