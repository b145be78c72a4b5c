import type { StoredMessage } from '@dms/protocol';
import { isObject } from './message.ts';

type Reaction = NonNullable<StoredMessage['reactions']>[number];
type Fields = Readonly<Record<string, unknown>>;

/** The message with one reaction more or less, or with some or all gone: what the event says of its counts (PROTOCOL, reactions
 *  and votes). The same object when the event is about something else. */
export function applyTally(message: StoredMessage, type: string, d: Fields): StoredMessage {
  switch (type) {
    case 'MESSAGE_REACTION_ADD':
      return withReactions(message, countReaction(message.reactions ?? [], d, 1));
    case 'MESSAGE_REACTION_REMOVE':
      return withReactions(message, countReaction(message.reactions ?? [], d, -1));
    case 'MESSAGE_REACTION_REMOVE_EMOJI':
      return withReactions(
        message,
        (message.reactions ?? []).filter((reaction) => !isSame(reaction, d.emoji)),
      );
    case 'MESSAGE_REACTION_REMOVE_ALL':
      return withReactions(message, []);
    case 'MESSAGE_POLL_VOTE_ADD':
      return countVote(message, d.answer_id, 1);
    case 'MESSAGE_POLL_VOTE_REMOVE':
      return countVote(message, d.answer_id, -1);
    default:
      return message;
  }
}

const withReactions = (message: StoredMessage, reactions: Reaction[]): StoredMessage => ({ ...message, reactions });

/** A custom emoji is its id, any other its name. */
function isSame({ emoji }: Reaction, other: unknown): boolean {
  if (!isObject(other)) return false;
  return emoji.id === null ? other.id === null && emoji.name === other.name : emoji.id === other.id;
}

function countReaction(reactions: readonly Reaction[], d: Fields, change: 1 | -1): Reaction[] {
  const known = reactions.some((reaction) => isSame(reaction, d.emoji));
  if (!known) return change === 1 && isObject(d.emoji) ? [...reactions, firstReaction(d.emoji)] : [...reactions];
  return reactions
    .map((reaction) => (isSame(reaction, d.emoji) ? { ...reaction, count: reaction.count + change } : reaction))
    .filter(({ count }) => count > 0);
}

const firstReaction = (emoji: Fields): Reaction => ({
  emoji: {
    id: typeof emoji.id === 'string' ? emoji.id : null,
    name: typeof emoji.name === 'string' ? emoji.name : null,
    animated: emoji.animated === true,
  },
  count: 1,
  count_details: { burst: 0, normal: 1 },
  me: false,
  me_burst: false,
  burst_colors: [],
});

function countVote(message: StoredMessage, answerId: unknown, change: 1 | -1): StoredMessage {
  const { poll } = message;
  if (poll === undefined || typeof answerId !== 'number') return message;
  const counts = poll.results?.answer_counts ?? [];
  const known = counts.some(({ id }) => id === answerId);
  const all = known ? counts : [...counts, { id: answerId, count: 0, me_voted: false }];
  const answer_counts = all.map((entry) =>
    entry.id === answerId ? { ...entry, count: Math.max(0, entry.count + change) } : entry,
  );
  return {
    ...message,
    poll: { ...poll, results: { is_finalized: poll.results?.is_finalized ?? false, answer_counts } },
  };
}
