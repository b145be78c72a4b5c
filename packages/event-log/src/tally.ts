/** A custom emoji has an id, any other is its own character in `name`. */
export interface Emoji {
  readonly id: string | null;
  readonly name: string | null;
  readonly animated?: boolean;
}

/** Discord's reaction object without `me` and `me_burst`, which speak of the bot. */
export interface ReactionCount {
  readonly emoji: Emoji;
  readonly count: number;
  readonly count_details: { readonly burst: number; readonly normal: number };
  readonly burst_colors: readonly string[];
}

export interface AnswerCount {
  readonly id: number;
  readonly count: number;
}

/** Discord's poll object; answers that nobody chose may be absent from the counts. */
export interface PollTally {
  readonly results: { readonly is_finalized: boolean; readonly answer_counts: readonly AnswerCount[] };
  readonly [field: string]: unknown;
}

/** What people put on a message, counted. Kept apart from its payload because it changes far more often. */
export interface Tally {
  readonly reactions: readonly ReactionCount[];
  readonly poll: PollTally | null;
}

const NOTHING: Tally = { reactions: [], poll: null };

const emojiKey = ({ id, name }: Emoji): string => id ?? name ?? '';

/** Names a mark in the rows that remember who set it: `reaction:👍`, `burst:<emoji id>`, `answer:2`. */
export const reactionKey = (emoji: Emoji, isBurst: boolean): string =>
  `${isBurst ? 'burst' : 'reaction'}:${emojiKey(emoji)}`;
export const answerKey = (id: number): string => `answer:${id}`;

const isSame = (a: Emoji, b: Emoji): boolean => emojiKey(a) === emojiKey(b);
const orNull = (tally: Tally): Tally | null => (tally.reactions.length === 0 && tally.poll === null ? null : tally);

export function countOfReaction(tally: Tally | null, emoji: Emoji, isBurst: boolean): number {
  const details = tally?.reactions.find((reaction) => isSame(reaction.emoji, emoji))?.count_details;
  return (isBurst ? details?.burst : details?.normal) ?? 0;
}

export function countOfAnswer(tally: Tally | null, id: number): number {
  return tally?.poll?.results.answer_counts.find((answer) => answer.id === id)?.count ?? 0;
}

/** One reaction more or less; one that nobody has any more leaves the list, a new one goes to its end, as on Discord. */
export function countReaction(
  tally: Tally | null,
  { emoji, isBurst, burstColors }: { emoji: Emoji; isBurst: boolean; burstColors: readonly string[] },
  delta: 1 | -1,
): Tally | null {
  const { reactions, poll } = tally ?? NOTHING;
  const known = reactions.find((reaction) => isSame(reaction.emoji, emoji));
  const { burst, normal } = known?.count_details ?? { burst: 0, normal: 0 };
  const details = isBurst ? { burst: burst + delta, normal } : { burst, normal: normal + delta };
  const counted: ReactionCount = {
    emoji: known?.emoji ?? emoji,
    count: details.burst + details.normal,
    count_details: details,
    burst_colors: burstColors.length > 0 ? burstColors : (known?.burst_colors ?? []),
  };
  const others = reactions.map((reaction) => (reaction === known ? counted : reaction));
  const next = known === undefined ? [...reactions, counted] : others;
  return orNull({ reactions: next.filter(({ count }) => count > 0), poll });
}

/** Without the emoji, or (null) without any reaction. */
export function withoutReactions(tally: Tally | null, emoji: Emoji | null): Tally | null {
  const { reactions, poll } = tally ?? NOTHING;
  const kept = emoji === null ? [] : reactions.filter((reaction) => !isSame(reaction.emoji, emoji));
  return orNull({ reactions: kept, poll });
}

/** One vote more or less. A tally without a poll stays as it is. */
export function countAnswer(tally: Tally | null, id: number, delta: 1 | -1): Tally | null {
  const poll = tally?.poll ?? null;
  if (tally === null || poll === null) return tally;
  const count = countOfAnswer(tally, id) + delta;
  const others = poll.results.answer_counts.filter((answer) => answer.id !== id);
  const answer_counts = [...others, { id, count }].filter((answer) => answer.count > 0).sort((a, b) => a.id - b.id);
  return { ...tally, poll: { ...poll, results: { ...poll.results, answer_counts } } };
}

/** The stored tally after a message was seen again: asked for, it is what Discord says; dispatched, only the end of a poll is
 *  believed, whose final counts no vote announces. */
export function seenTally(stored: Tally | null, seen: Tally | null, isFresh: boolean): Tally | null {
  if (isFresh) return seen;
  const isFinal = seen?.poll?.results.is_finalized === true;
  if (!isFinal || stored?.poll?.results.is_finalized === true) return stored;
  return { reactions: stored?.reactions ?? [], poll: seen.poll };
}

/** The keys whose counts differ: who set those marks is no longer known. */
export function changedKeys(before: Tally | null, after: Tally | null): readonly string[] {
  const reactions = [...(before?.reactions ?? []), ...(after?.reactions ?? [])].flatMap(({ emoji }) =>
    [false, true]
      .filter((isBurst) => countOfReaction(before, emoji, isBurst) !== countOfReaction(after, emoji, isBurst))
      .map((isBurst) => reactionKey(emoji, isBurst)),
  );
  const polls = [before?.poll, after?.poll].flatMap((poll) => poll?.results.answer_counts ?? []);
  const answers = polls.filter(({ id }) => countOfAnswer(before, id) !== countOfAnswer(after, id));
  return [...new Set([...reactions, ...answers.map(({ id }) => answerKey(id))])];
}

/** JSON text of the fields that a message object gets from its tally, `{"reactions":[…],"poll":{…}}`; null for none. */
export function tallyText(tally: Tally | null): string | null {
  if (tally === null) return null;
  const { reactions, poll } = tally;
  return JSON.stringify({ ...(reactions.length > 0 && { reactions }), ...(poll !== null && { poll }) });
}

export function parseTally(text: string | null): Tally | null {
  if (text === null) return null;
  const { reactions = [], poll = null }: Partial<Tally> = JSON.parse(text);
  return { reactions, poll };
}
