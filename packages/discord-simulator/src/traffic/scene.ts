/**
 * A little piece of conversation in one channel. Written as text, one line per message:
 *
 *   maya: text            says it; `¦` between variants, one of which is chosen whenever the line is said,
 *                         or `§` when lines belong together: all `§` lines of a performance take the same variant
 *   leo> text             replies to the line before
 *   ~leo: text            says it inside the thread that the scene opened (`~leo>` replies there)
 *   post maya: title / text           a forum post, whose thread the `~` lines go to
 *   poll maya: question / answer / answer
 *
 * Below a message, what happens to it some lines later, each on a line of its own that begins with `^`:
 *
 *   ^ edit text  ·  ^ react 🎉 leo zoe  ·  ^ delete  ·  ^ pin  ·  ^ thread name  ·  ^ file name.png image/png 1280x720 90000
 *   ^ embed title / description / url  ·  ^ vote 1 leo zoe  ·  ^ close  ·  ^ purge N (bulk delete of the last N lines)
 *
 * `{pool}` is one word of a pool, the same throughout a scene; `{3-9}` a number; `{soon}` a Discord timestamp.
 * `@leo` and `#general` become mentions, `''` a backtick, `\n` a new line.
 */
export interface Scene {
  readonly channel: string;
  readonly lines: readonly SceneLine[];
}

export interface SceneLine {
  readonly kind: 'say' | 'reply' | 'post' | 'poll';
  readonly who: string;
  readonly inThread: boolean;
  readonly variants: readonly string[];
  /** True when the variant is chosen once for the whole performance. */
  readonly isPaired: boolean;
  readonly notes: readonly SceneNote[];
}

export type SceneNote =
  | { readonly kind: 'edit' | 'thread'; readonly text: string }
  | { readonly kind: 'react' | 'vote'; readonly what: string; readonly who: readonly string[] }
  | { readonly kind: 'delete' | 'pin' | 'close' }
  | { readonly kind: 'purge'; readonly count: number }
  | { readonly kind: 'embed'; readonly title: string; readonly description: string; readonly url: string }
  | {
      readonly kind: 'file';
      readonly filename: string;
      readonly contentType: string;
      readonly width: number | null;
      readonly height: number | null;
      readonly size: number;
    };

const LINE = /^(~?)(post |poll )?(\w+)([:>]) (.+)$/;

/** Reads a scene. @throws SyntaxError for a line it cannot make sense of: scenes are part of this package. */
export function scene(channel: string, text: string): Scene {
  const lines: (Omit<SceneLine, 'notes'> & { notes: SceneNote[] })[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('^')) {
      const last = lines.at(-1);
      if (last === undefined) throw new SyntaxError(`a note without a message: ${line}`);
      last.notes.push(parseNote(line.slice(1).trim()));
      continue;
    }
    const [, thread, special, who = '', sign, words = ''] = LINE.exec(line) ?? [];
    if (who === '') throw new SyntaxError(`not a line of a scene: ${line}`);
    lines.push({
      kind: kindOf(special, sign),
      who,
      inThread: thread === '~',
      variants: words.split(/[¦§]/).map((variant) => variant.trim().replaceAll('\\n', '\n')),
      isPaired: words.includes('§'),
      notes: [],
    });
  }
  return { channel, lines };
}

function kindOf(special: string | undefined, sign: string | undefined): SceneLine['kind'] {
  if (special === 'post ') return 'post';
  if (special === 'poll ') return 'poll';
  return sign === '>' ? 'reply' : 'say';
}

function parseNote(note: string): SceneNote {
  const [kind = '', ...words] = note.split(' ');
  const [what = '', ...who] = words;
  const rest = words.join(' ');
  switch (kind) {
    case 'edit':
    case 'thread':
      return { kind, text: rest };
    case 'react':
    case 'vote':
      return { kind, what, who };
    case 'delete':
    case 'pin':
    case 'close':
      return { kind };
    case 'purge':
      return { kind, count: Number(what) };
    case 'embed': {
      const [title = '', description = '', url = ''] = rest.split(' / ');
      return { kind, title, description, url };
    }
    case 'file': {
      const [filename = '', contentType = '', dimensions = '', size = '1024'] = words;
      const [width, height] = dimensions.split('x').map(Number);
      return { kind, filename, contentType, width: width || null, height: height || null, size: Number(size) };
    }
    default:
      throw new SyntaxError(`not a note of a scene: ${note}`);
  }
}
