import { z } from 'zod';
import { editedAtMs, type FinalMessage } from './truth.ts';

const MAX_PAGE_MESSAGES = 100;

const pageSchema = z.object({
  messages: z.array(
    z.object({
      id: z.string(),
      channel_id: z.string(),
      deleted_at: z.string().nullable(),
      content: z.string().optional(),
      author: z.object({ id: z.string() }).optional(),
      edited_timestamp: z.string().nullable().optional(),
    }),
  ),
  has_more: z.boolean(),
  position: z.string(),
});
export type HistoryPage = z.infer<typeof pageSchema>;
export type HistoryMessage = HistoryPage['messages'][number];

export async function fetchPage(baseUrl: string, query: Readonly<Record<string, string>> = {}): Promise<HistoryPage> {
  const answer = await fetch(`${baseUrl}/messages?${new URLSearchParams(query)}`);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`/messages answered ${answer.status}: ${text.slice(0, 500)}`);
  return pageSchema.parse(JSON.parse(text));
}

export interface WalkOptions {
  readonly filter?: Readonly<Record<string, string>>;
  /** Messages per page, default 100. */
  readonly limit?: number;
}

/** Every message that paging shows, oldest first: `before` walks from the newest down, `after` from the beginning up.
 *  @throws when a page repeats or misorders what came before. */
export async function walkHistory(
  baseUrl: string,
  direction: 'before' | 'after',
  { filter = {}, limit = MAX_PAGE_MESSAGES }: WalkOptions = {},
): Promise<readonly HistoryMessage[]> {
  const pages: (readonly HistoryMessage[])[] = [];
  let cursor = direction === 'after' ? '0' : null;
  for (;;) {
    const query = { ...filter, limit: String(limit), ...(cursor !== null && { [direction]: cursor }) };
    const page = await fetchPage(baseUrl, query);
    const edge = direction === 'after' ? page.messages[0] : page.messages.at(-1);
    if (edge !== undefined) {
      if (edge.id === cursor) throw new Error(`paging stands still at ${cursor}`);
      cursor = edge.id;
    }
    pages.push(page.messages.toReversed());
    if (!page.has_more) break;
  }
  const all = (direction === 'after' ? pages : pages.reverse()).flat();
  for (const [index, { id }] of all.entries()) {
    const previous = all[index - 1];
    if (previous !== undefined && BigInt(previous.id) >= BigInt(id))
      throw new Error(`${id} comes after ${previous.id}`);
  }
  return all;
}

export const toFinal = (message: HistoryMessage): FinalMessage => ({
  id: message.id,
  channelId: message.channel_id,
  authorId: message.author?.id ?? '',
  content: message.content ?? '',
  editedAtMs: editedAtMs(message.edited_timestamp ?? null),
});

/** The seq of a position, which clients treat as opaque and tests may look into. */
export const headSeqOf = (position: string): number => Number(position.split(':')[1]);
