import type { DirectoryView } from './directory.ts';
import { nameOf } from './members.ts';
import { type JsonObject, numberAt, objectAt, objectsIn, stringAt } from './sanitise.ts';

/** What Discord writes between angle brackets in a message. https://discord.com/developers/docs/reference#message-formatting */
const REFERENCE =
  /<(?:@!?(?<user>\d+)|@&(?<role>\d+)|#(?<channel>\d+)|a?:(?<emoji>\w+):\d+|t:(?<time>-?\d{1,12})(?::\w)?|\/(?<command>[^:<>]{1,100}):\d+|id:(?<page>[\w-]+)(?::\d+)?)>/g;
/** Later dates have no four-digit year; nobody means them. */
const MAX_TIME_MS = Date.UTC(9999, 11, 31);
/** Component type of text in messages built of components; every other one has no text of its own or contains these. */
const TEXT_DISPLAY = 10;

export interface TextContext {
  readonly guildId: string;
  readonly directory: DirectoryView;
  /** Users as the message names them, with their member if Discord added it. */
  readonly mentions: readonly JsonObject[];
}

function timeText(seconds: string): string {
  const timeMs = Number(seconds) * 1_000;
  if (Math.abs(timeMs) > MAX_TIME_MS) return seconds;
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Text without markup: mentions, custom emoji, times and commands resolved. What cannot be resolved keeps a readable stand-in,
 *  never the raw markup. */
export function plainText(content: string, { guildId, directory, mentions }: TextContext): string {
  if (!content.includes('<')) return content;
  const users = new Map(mentions.map((user) => [stringAt(user, 'id'), user]));
  const roles = directory.guild(guildId)?.roles;
  const userName = (id: string): string => {
    const user = users.get(id) ?? null;
    const nick = stringAt(objectAt(user, 'member'), 'nick');
    return nick ?? directory.member(guildId, id)?.name ?? nameOf(user, null) ?? 'unknown-user';
  };
  return content.replace(REFERENCE, (...match) => {
    const groups: Readonly<Record<string, string | undefined>> = match.at(-1);
    if (groups.user !== undefined) return `@${userName(groups.user)}`;
    if (groups.role !== undefined) return `@${roles?.get(groups.role)?.name ?? 'unknown-role'}`;
    if (groups.channel !== undefined) return `#${directory.channel(groups.channel)?.name ?? 'unknown-channel'}`;
    if (groups.emoji !== undefined) return `:${groups.emoji}:`;
    if (groups.time !== undefined) return timeText(groups.time);
    return groups.command === undefined ? `#${groups.page ?? ''}` : `/${groups.command}`;
  });
}

/** What there is to read in a message that people wrote: its content, else the text of its components, else what it forwards,
 *  else the question it polls. */
export function messageText(message: JsonObject, context: TextContext): string {
  const content = stringAt(message, 'content') ?? '';
  if (content !== '') return plainText(content, context);
  const components = componentTexts(message).join('\n');
  if (components !== '') return plainText(components, context);
  const [snapshot] = objectsIn(message.message_snapshots);
  const forwarded = objectAt(snapshot ?? null, 'message');
  if (forwarded !== null) return messageText(forwarded, { ...context, mentions: objectsIn(forwarded.mentions) });
  return stringAt(objectAt(objectAt(message, 'poll'), 'question'), 'text') ?? '';
}

function componentTexts(container: JsonObject): readonly string[] {
  return objectsIn(container.components).flatMap((component) => {
    const own = numberAt(component, 'type') === TEXT_DISPLAY ? (stringAt(component, 'content') ?? '') : '';
    return [...(own === '' ? [] : [own]), ...componentTexts(component)];
  });
}
