import { type JsonObject, numberAt, objectAt, objectsIn, stringAt } from './sanitise.ts';

/** Types whose text is what somebody wrote: default, reply, slash command, context menu command.
 *  https://discord.com/developers/docs/resources/message#message-object-message-types */
const WRITTEN: ReadonlySet<number> = new Set([0, 19, 20, 23]);
const BOOST_LEVELS: Readonly<Record<number, number>> = { 9: 1, 10: 2, 11: 3 };

export interface SystemTextContext {
  /** The author's display name. */
  readonly author: string;
  readonly guildName: string;
  /** Resolves what there is to read in a message. */
  readonly textOf: (message: JsonObject) => string;
}

/** The sentence that Discord's clients make of a system message; null for a message that somebody wrote. What Discord adds
 *  later reads as its content, or as its type. */
export function systemText(message: JsonObject, context: SystemTextContext): string | null {
  const type = numberAt(message, 'type') ?? 0;
  if (WRITTEN.has(type)) return null;
  const { author, guildName, textOf } = context;
  const content = textOf(message);
  const named = objectsIn(message.mentions).map((user) => stringAt(user, 'global_name') ?? stringAt(user, 'username'));
  const [someone = 'somebody'] = named.filter((name) => name !== null);
  const server = guildName === '' ? 'the server' : guildName;
  switch (type) {
    case 1:
      return `${author} added ${someone}.`;
    case 2:
      return `${author} removed ${someone}.`;
    case 3:
      return `${author} started a call.`;
    case 4:
      return `${author} changed the channel name: ${content}`;
    case 5:
      return `${author} changed the channel icon.`;
    case 6:
      return `${author} pinned a message to this channel.`;
    case 7:
      return `${author} joined the server.`;
    case 8:
    case 9:
    case 10:
    case 11:
      return boostText(type, content, author, server);
    case 12:
      return `${author} has added ${content} to this channel. Its most important updates will show up here.`;
    case 14:
      return 'This server has been removed from Server Discovery because it no longer passes all the requirements.';
    case 15:
      return 'This server is eligible for Server Discovery again and has been automatically relisted.';
    case 16:
      return 'This server has failed Discovery activity requirements for 1 week.';
    case 17:
      return 'This server has failed Discovery activity requirements for 3 weeks in a row.';
    case 18:
      return `${author} started a thread: ${content}`;
    case 21:
      return starterText(message, textOf);
    case 22:
      return 'Wondering who to invite? Start by inviting anyone who can help you build the server.';
    case 24:
      return automodText(message, author);
    case 25:
      return subscriptionText(message, author, server);
    case 27:
      return `${author} started ${content}`;
    case 28:
      return `${author} ended ${content}`;
    case 29:
      return `${author} is now a speaker.`;
    case 30:
      return `${author} requested to speak.`;
    case 31:
      return `${author} changed the Stage topic: ${content}`;
    case 32:
      return `${author} upgraded an application to premium for this server.`;
    case 36:
      return `${author} enabled security actions until ${content}.`;
    case 37:
      return `${author} disabled security actions.`;
    case 38:
      return `${author} reported a raid.`;
    case 39:
      return `${author} reported a false alarm.`;
    case 44:
      return `${author} made a purchase.`;
    case 46:
      return pollResultText(message, author);
    default:
      return content === '' ? `(message of type ${type})` : content;
  }
}

function boostText(type: number, times: string, author: string, server: string): string {
  const often = times === '' || times === '1' ? '' : ` ${times} times`;
  const level = BOOST_LEVELS[type];
  const reached = level === undefined ? '' : ` ${server} has achieved Level ${level}!`;
  return `${author} just boosted the server${often}!${reached}`;
}

/** Shows the message that the thread was started from. */
function starterText(message: JsonObject, textOf: (message: JsonObject) => string): string {
  const original = objectAt(message, 'referenced_message');
  const text = original === null ? '' : textOf(original);
  return text === '' ? 'Sorry, we couldn’t load the first message in this thread.' : text;
}

const fieldOf = (embed: JsonObject | undefined, name: string): string | null =>
  stringAt(objectsIn(embed?.fields).find((field) => stringAt(field, 'name') === name) ?? null, 'value');

function automodText(message: JsonObject, author: string): string {
  const [embed] = objectsIn(message.embeds);
  const rule = fieldOf(embed, 'rule_name');
  return `AutoMod has blocked a message of ${author}${rule === null ? '.' : ` (rule: ${rule}).`}`;
}

function subscriptionText(message: JsonObject, author: string, server: string): string {
  const data = objectAt(message, 'role_subscription_data');
  const tier = stringAt(data, 'tier_name') ?? 'a role';
  const months = data === null ? null : numberAt(data, 'total_months_subscribed');
  const renewed = data?.is_renewal === true ? 'renewed' : 'joined';
  const since = months === null || months < 1 ? '' : ` and has been a subscriber of ${server} for ${months} months`;
  return `${author} ${renewed} ${tier}${since}!`;
}

function pollResultText(message: JsonObject, author: string): string {
  const [embed] = objectsIn(message.embeds);
  const question = fieldOf(embed, 'poll_question_text') ?? '';
  const winner = fieldOf(embed, 'victor_answer_text');
  const [votes, total] = [fieldOf(embed, 'victor_answer_votes') ?? '0', fieldOf(embed, 'total_votes') ?? '0'];
  const closed = `${author}’s poll “${question}” has closed.`;
  if (total === '0') return `${closed} There were no votes.`;
  const share = ` (${votes} of ${total} votes)`;
  // Without a victor two answers or more have the most votes.
  return winner === null || winner === ''
    ? `${closed} The result was a draw${share}.`
    : `${closed} ${winner} won${share}.`;
}
