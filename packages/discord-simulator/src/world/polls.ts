import { type APIEmbed, EmbedType, MessageType, PollLayoutType } from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import { announceRefresh, createMessage, referenceTo } from './messages.ts';
import type { Channel, Message, Poll, User } from './model.ts';
import type { World } from './world.ts';

const POLL_LIFETIME_MS = 24 * 3_600_000;

/** Posts a message whose poll has one answer per text, numbered from 1. */
export function createPoll(
  world: World,
  channel: Channel,
  author: User,
  question: string,
  answers: readonly string[],
): Message {
  const poll: Poll = {
    api: {
      question: { text: question },
      answers: answers.map((text, index) => ({ answer_id: index + 1, poll_media: { text } })),
      expiry: discordTimestamp(world.now() + POLL_LIFETIME_MS),
      allow_multiselect: false,
      layout_type: PollLayoutType.Default,
    },
    votes: new Map(answers.map((_, index) => [index + 1, new Set<string>()])),
    finalized: false,
  };
  return createMessage(world, { channel, author, content: '', poll });
}

/** Gives or takes back a vote: MESSAGE_POLL_VOTE_ADD or _REMOVE. False and silent when that changes nothing. */
export function setVote(world: World, message: Message, user: User, answerId: number, voted: boolean): boolean {
  const poll = message.extra?.poll;
  const voters = poll?.votes.get(answerId);
  if (voters === undefined || poll?.finalized === true || voters.has(user.id) === voted) return false;
  if (voted) voters.add(user.id);
  else voters.delete(user.id);
  const { channel } = message;
  world.emit({
    type: voted ? 'MESSAGE_POLL_VOTE_ADD' : 'MESSAGE_POLL_VOTE_REMOVE',
    guild: channel.guild,
    channel,
    body: JSON.stringify({
      user_id: user.id,
      channel_id: channel.id,
      message_id: message.id,
      guild_id: channel.guild.id,
      answer_id: answerId,
    }),
    strippedBody: null,
    detail: { messageId: message.id, userId: user.id, changed: [`answer ${answerId}`] },
  });
  return true;
}

/** Ends the poll: a refresh with final counts, and the result message (type 46) with its poll_result embed. */
export function closePoll(world: World, message: Message): void {
  const poll = message.extra?.poll;
  if (poll == null || poll.finalized) return;
  poll.finalized = true;
  announceRefresh(world, message, ['poll']);
  createMessage(world, {
    channel: message.channel,
    author: message.author,
    content: '',
    type: MessageType.PollResult,
    reference: referenceTo(message, 'pointer'),
    embeds: [resultEmbed(poll)],
  });
}

function resultEmbed(poll: Poll): APIEmbed {
  const counts = [...poll.votes].map(([id, voters]) => ({ id, count: voters.size }));
  const [first, second] = [...counts].sort((left, right) => right.count - left.count);
  const isDraw = first === undefined || first.count === 0 || first.count === second?.count;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const text = poll.api.answers.find((answer) => answer.answer_id === first?.id)?.poll_media.text ?? '';
  const fields = {
    poll_question_text: poll.api.question.text ?? '',
    victor_answer_votes: String(first?.count ?? 0),
    total_votes: String(total),
    // A draw has no victor.
    ...(isDraw ? {} : { victor_answer_id: String(first.id), victor_answer_text: text }),
  };
  return {
    type: EmbedType.PollResult,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value, inline: false })),
  };
}
