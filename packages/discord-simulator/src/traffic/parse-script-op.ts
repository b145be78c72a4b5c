import {
  type Fields,
  InputError,
  optionalBoolean,
  optionalInteger,
  optionalString,
  optionalStrings,
  requireName,
  requireString,
} from '../input.ts';
import type { Action } from '../world/action.ts';
import type { Channel, Guild } from '../world/model.ts';
import { parseEmbeds } from '../world/parse-message-parts.ts';
import type { MadeIds, ScriptStep } from './script.ts';

/** What each earlier line will make, known before anything is played. */
export type Made = Map<number, { readonly kind: 'message' | 'thread'; readonly guild: Guild }>;

export interface OpContext {
  readonly line: number;
  readonly made: Made;
  readonly guildOf: (name: string) => Guild;
  readonly channelOf: (guild: Guild, name: string) => Channel;
  /** The id of the guild's member of that name. */
  readonly userOf: (guild: Guild, name: string) => string;
}

type OpParser = (fields: Fields, context: OpContext) => (made: MadeIds) => Action | undefined;

/** Reads a line with an `op`. @throws InputError when it breaks the grammar or refers to a line that made no such thing. */
export function parseOp(fields: Fields, context: OpContext): ScriptStep {
  const op = requireName(fields, 'op');
  if (op === 'wait') return { kind: 'wait', line: context.line, ms: requireInteger(fields, 'ms', 0) };
  const parse = Object.hasOwn(OPS, op) ? OPS[op] : undefined;
  if (parse === undefined) throw new InputError(`unknown op "${op}"; there are: ${Object.keys(OPS).join(', ')}, wait`);
  return { kind: 'act', line: context.line, toAction: parse(fields, context) };
}

/** @throws InputError unless the line made a thing of the kind. */
export function earlierLine(made: Made, line: number, kind: 'message' | 'thread') {
  const found = made.get(line);
  if (found?.kind !== kind) throw new InputError(`line ${line} is not an earlier line that makes a ${kind}`);
  return found;
}

const OPS: Readonly<Record<string, OpParser>> = {
  edit: (fields, context) => {
    const text = requireString(fields, 'text');
    return onMessage(fields, context, (message) => ({ op: 'edit', message, text }));
  },
  refresh: (fields, context) => {
    const embeds = parseEmbeds(fields);
    return onMessage(fields, context, (message) => ({ op: 'refresh', message, embeds }));
  },
  delete: (fields, context) => onMessage(fields, context, (message) => ({ op: 'delete', message })),
  bulk_delete: bulkDelete,
  react: reaction('react'),
  unreact: reaction('unreact'),
  clear_reactions: (fields, context) => {
    const emoji = optionalString(fields, 'emoji');
    return onMessage(fields, context, (message) => ({
      op: 'clear_reactions',
      message,
      ...(emoji === undefined ? {} : { emoji }),
    }));
  },
  pin: (fields, context) => onMessage(fields, context, (message) => ({ op: 'pin', message })),
  unpin: (fields, context) => onMessage(fields, context, (message) => ({ op: 'unpin', message })),
  forward,
  thread: (fields, context) => {
    const name = requireName(fields, 'name');
    const toAction = onMessage(fields, context, (message) => ({ op: 'thread', message, name }));
    const { guild } = earlierLine(context.made, requireInteger(fields, 'line', 1), 'message');
    context.made.set(context.line, { kind: 'thread', guild });
    return toAction;
  },
  archive_thread: (fields, context) => onThread(fields, context, (thread) => ({ op: 'archive_thread', thread })),
  unarchive_thread: (fields, context) => onThread(fields, context, (thread) => ({ op: 'unarchive_thread', thread })),
  delete_thread: (fields, context) => onThread(fields, context, (thread) => ({ op: 'delete_thread', thread })),
  poll,
  vote: vote('vote'),
  unvote: vote('unvote'),
  close_poll: (fields, context) => onMessage(fields, context, (message) => ({ op: 'close_poll', message })),
  rename_channel: (fields, context) => {
    const channel = placeOf(fields, context).id;
    const name = requireName(fields, 'name');
    return () => ({ op: 'rename_channel', channel, name });
  },
  delete_channel: (fields, context) => {
    const channel = placeOf(fields, context).id;
    return () => ({ op: 'delete_channel', channel });
  },
  rename_guild: (fields, context) => {
    const guild = context.guildOf(requireName(fields, 'community')).id;
    const name = requireName(fields, 'name');
    return () => ({ op: 'rename_guild', guild, name });
  },
};

function onMessage(fields: Fields, { made }: OpContext, act: (message: string) => Action) {
  return onLine(fields, made, 'message', act);
}

function onThread(fields: Fields, { made }: OpContext, act: (thread: string) => Action) {
  return onLine(fields, made, 'thread', act);
}

function onLine(fields: Fields, made: Made, kind: 'message' | 'thread', act: (id: string) => Action) {
  const line = requireInteger(fields, 'line', 1);
  earlierLine(made, line, kind);
  return (ids: MadeIds) => {
    const id = ids.get(line);
    return id === undefined ? undefined : act(id);
  };
}

function bulkDelete(fields: Fields, { made }: OpContext): (made: MadeIds) => Action | undefined {
  const lines: unknown = fields.lines;
  const isLine = (line: unknown): line is number => Number.isSafeInteger(line);
  if (!Array.isArray(lines) || lines.length === 0 || !lines.every(isLine)) {
    throw new InputError('"lines" must be a list of line numbers');
  }
  for (const line of lines) earlierLine(made, line, 'message');
  return (ids) => ({ op: 'bulk_delete', messages: lines.flatMap((line) => ids.get(line) ?? []) });
}

function reaction(op: 'react' | 'unreact'): OpParser {
  return (fields, context) => {
    const { guild } = earlierLine(context.made, requireInteger(fields, 'line', 1), 'message');
    const user = context.userOf(guild, requireName(fields, 'user'));
    const emoji = requireName(fields, 'emoji');
    const burst = optionalBoolean(fields, 'burst') === true;
    return onMessage(fields, context, (message) => ({ op, message, user, emoji, burst }));
  };
}

function vote(op: 'vote' | 'unvote'): OpParser {
  return (fields, context) => {
    const { guild } = earlierLine(context.made, requireInteger(fields, 'line', 1), 'message');
    const user = context.userOf(guild, requireName(fields, 'user'));
    const answer = requireInteger(fields, 'answer', 1);
    return onMessage(fields, context, (message) => ({ op, message, user, answer }));
  };
}

function forward(fields: Fields, context: OpContext): (made: MadeIds) => Action | undefined {
  const original = earlierLine(context.made, requireInteger(fields, 'line', 1), 'message');
  const community = optionalString(fields, 'community');
  const guild = community === undefined ? original.guild : context.guildOf(community);
  const channel = context.channelOf(guild, requireName(fields, 'channel')).id;
  const user = context.userOf(guild, requireName(fields, 'user'));
  const toAction = onMessage(fields, context, (message) => ({ op: 'forward', message, channel, user }));
  context.made.set(context.line, { kind: 'message', guild });
  return toAction;
}

function poll(fields: Fields, context: OpContext): (made: MadeIds) => Action {
  const place = placeOf(fields, context);
  const user = context.userOf(place.guild, requireName(fields, 'user'));
  const question = requireName(fields, 'question');
  const answers = optionalStrings(fields, 'answers') ?? [];
  if (answers.length < 1 || answers.length > 10) throw new InputError('"answers" must list 1–10 texts');
  context.made.set(context.line, { kind: 'message', guild: place.guild });
  return () => ({ op: 'poll', channel: place.id, user, question, answers });
}

function placeOf(fields: Fields, context: OpContext): Channel {
  return context.channelOf(context.guildOf(requireName(fields, 'community')), requireName(fields, 'channel'));
}

function requireInteger(fields: Fields, name: string, minimum: number): number {
  const value = optionalInteger(fields, name, minimum);
  if (value === undefined) throw new InputError(`"${name}" is required`);
  return value;
}
