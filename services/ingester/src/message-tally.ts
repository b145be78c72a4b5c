import type { Emoji, PollTally, ReactionCount, Tally } from '@dms/event-log';
import { utcTime } from './message-payload.ts';
import { idAt, type JsonObject, numberAt, objectAt, objectsIn, stringAt, stringsIn } from './sanitise.ts';

/** Discord allows 20 different reactions on a message and 10 answers in a poll. */
const MAX_REACTIONS = 100;
const MAX_ANSWERS = 100;
const MAX_BURST_COLORS = 10;
/** Discord's names have at most 32 characters. */
const MAX_NAME_CHARACTERS = 100;

const countAt = (object: JsonObject | null, key: string): number => {
  const count = object === null ? null : numberAt(object, key);
  return count !== null && Number.isSafeInteger(count) && count > 0 ? count : 0;
};

/** An emoji as reactions name it; null for what is none. */
export function emojiOf(emoji: JsonObject | null): Emoji | null {
  if (emoji === null) return null;
  const id = idAt(emoji, 'id');
  const name = stringAt(emoji, 'name')?.slice(0, MAX_NAME_CHARACTERS) ?? null;
  if ((id ?? name) === null) return null;
  return emoji.animated === true ? { id, name, animated: true } : { id, name };
}

/** The colours of a super reaction. */
export const burstColorsOf = (reaction: JsonObject): readonly string[] =>
  stringsIn(reaction.burst_colors)
    .slice(0, MAX_BURST_COLORS)
    .map((color) => color.slice(0, MAX_NAME_CHARACTERS));

/** What people put on a message: its `reactions` and its `poll`. Null when it has neither. */
export function tallyOf(message: JsonObject): Tally | null {
  const reactions = objectsIn(message.reactions).slice(0, MAX_REACTIONS).flatMap(reactionCount);
  const poll = pollTally(objectAt(message, 'poll'));
  return reactions.length === 0 && poll === null ? null : { reactions, poll };
}

function reactionCount(reaction: JsonObject): readonly ReactionCount[] {
  const emoji = emojiOf(objectAt(reaction, 'emoji'));
  const count = countAt(reaction, 'count');
  if (emoji === null || count === 0) return [];
  const burst = Math.min(count, countAt(objectAt(reaction, 'count_details'), 'burst'));
  const burst_colors = burstColorsOf(reaction);
  return [{ emoji, count, count_details: { burst, normal: count - burst }, burst_colors }];
}

function pollTally(poll: JsonObject | null): PollTally | null {
  if (poll === null) return null;
  const results = objectAt(poll, 'results');
  const answer_counts = objectsIn(results?.answer_counts)
    .slice(0, MAX_ANSWERS)
    .map((answer) => ({ id: countAt(answer, 'id'), count: countAt(answer, 'count') }))
    .filter(({ id, count }) => id > 0 && count > 0)
    .sort((a, b) => a.id - b.id);
  return {
    ...poll,
    expiry: utcTime(stringAt(poll, 'expiry')),
    results: { is_finalized: results?.is_finalized === true, answer_counts },
  };
}

/** The message without what its tally holds. */
export function withoutTally(message: JsonObject): JsonObject {
  // Most have neither, and a copy costs as much as the rest of a change.
  if (message.reactions === undefined && message.poll === undefined) return message;
  const { reactions, poll, ...rest } = message;
  return rest;
}
