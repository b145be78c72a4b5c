/** What Discord's markdown says, before anything is shown. Text keeps its line breaks. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: SpanKind; readonly children: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  /** `href` is http, https or mailto, never anything else. */
  | { readonly kind: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly kind: 'user' | 'channel' | 'role'; readonly id: string }
  /** `@everyone` and `@here`; guild navigation such as `<id:customize>`; `/command`. */
  | { readonly kind: 'mention'; readonly text: string }
  | { readonly kind: 'emoji'; readonly id: string; readonly name: string; readonly isAnimated: boolean }
  /** `style` is Discord's letter: t, T, d, D, f (default), F, s, S or R. */
  | { readonly kind: 'time'; readonly unixSeconds: number; readonly style: string };

export type SpanKind = 'bold' | 'italic' | 'underline' | 'strike' | 'spoiler';

export type Block =
  | { readonly kind: 'paragraph' | 'subtext'; readonly children: readonly Inline[] }
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly children: readonly Inline[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code-block'; readonly language: string | null; readonly text: string }
  | ListBlock;

export interface ListBlock {
  readonly kind: 'list';
  /** Null for a list of bullets. */
  readonly firstNumber: number | null;
  readonly items: readonly ListItem[];
}

export interface ListItem {
  readonly children: readonly Inline[];
  readonly lists: readonly ListBlock[];
}
