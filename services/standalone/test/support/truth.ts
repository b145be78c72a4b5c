import { compareSnowflakes } from '@dms/protocol';
import { z } from 'zod';

/** The simulator's own books, as far as a test compares them. */
export const truthSchema = z.object({
  dispatches: z.array(
    z.object({
      type: z.string(),
      channel_id: z.string().nullable(),
      message_id: z.string().nullable(),
      message_ids: z.array(z.string()).optional(),
      content: z.string().optional(),
    }),
  ),
  messages: z.array(
    z.object({
      id: z.string(),
      channel_id: z.string(),
      author: z.object({ id: z.string(), global_name: z.string().nullable() }),
      content: z.string(),
      edited_timestamp: z.string().nullable(),
      deleted: z.boolean(),
    }),
  ),
});
export type Truth = z.infer<typeof truthSchema>;

/** What a reader must see of one dispatch. Content is null for deletes. */
export interface ExpectedEvent {
  readonly type: string;
  readonly id: string;
  readonly channelId: string | null;
  readonly content: string | null;
}

/** What a message must look like in the end. */
export interface FinalMessage {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  readonly content: string;
  /** Unix milliseconds: Discord writes microseconds now and cuts them then. */
  readonly editedAtMs: number | null;
}

const MESSAGE_TYPES: ReadonlySet<string> = new Set(['MESSAGE_CREATE', 'MESSAGE_UPDATE', 'MESSAGE_DELETE']);

/** The stream that the dispatches mean when none of them was missed: a bulk delete is one delete per message. */
export function expectedEvents({ dispatches }: Truth): readonly ExpectedEvent[] {
  return dispatches.flatMap(({ type, channel_id: channelId, message_id, message_ids, content = null }) => {
    if (type === 'MESSAGE_DELETE_BULK') {
      const ids = [...(message_ids ?? [])].sort(compareSnowflakes);
      return ids.map((id) => ({ type: 'MESSAGE_DELETE', id, channelId, content: null }));
    }
    return MESSAGE_TYPES.has(type) && message_id !== null ? [{ type, id: message_id, channelId, content }] : [];
  });
}

/** By id, ascending. */
export function finalMessages({ messages }: Truth): readonly FinalMessage[] {
  return messages
    .filter(({ deleted }) => !deleted)
    .map((message) => ({
      id: message.id,
      channelId: message.channel_id,
      authorId: message.author.id,
      content: message.content,
      editedAtMs: editedAtMs(message.edited_timestamp),
    }))
    .sort((a, b) => compareSnowflakes(a.id, b.id));
}

export const deletedIds = ({ messages }: Truth): ReadonlySet<string> =>
  new Set(messages.filter(({ deleted }) => deleted).map(({ id }) => id));

export function authorIdOf({ messages }: Truth, name: string): string {
  const found = messages.find(({ author }) => author.global_name === name);
  if (found === undefined) throw new RangeError('nobody of that name wrote anything');
  return found.author.id;
}

export const editedAtMs = (timestamp: string | null): number | null =>
  timestamp === null ? null : Date.parse(timestamp);
