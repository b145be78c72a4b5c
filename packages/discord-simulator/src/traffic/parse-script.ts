import { readFileSync } from 'node:fs';
import { ChannelType } from 'discord-api-types/v10';
import {
  type Fields,
  InputError,
  optionalInteger,
  optionalString,
  parseFields,
  requireName,
  requireString,
} from '../input.ts';
import type { Channel, Guild } from '../world/model.ts';
import { parseMessageParts } from '../world/parse-message-parts.ts';
import { ensureChannel, ensureGuild, ensureMember, type World } from '../world/world.ts';
import { earlierLine, type Made, type OpContext, parseOp } from './parse-script-op.ts';
import type { MadeIds, Script, ScriptStep } from './script.ts';

/**
 * Reads the whole script and puts its communities, channels and users into the world, so that the first GUILD_CREATE
 * lists them all. @throws InputError `FILE: cannot be read …` or `FILE line N: …`.
 */
export function loadScript(world: World, file: string): Script {
  const lines = readLines(file);
  const places = createPlaces(world);
  const made: Made = new Map();
  const steps: ScriptStep[] = [];
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    const line = index + 1;
    try {
      steps.push(parseLine(parseFields(text), { line, made, ...places }));
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`${file} line ${line}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return { file, steps };
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`script ${file}: cannot be read: ${reason}`, { cause });
  }
}

function parseLine(fields: Fields, context: OpContext): ScriptStep {
  if (fields.op !== undefined) return parseOp(fields, context);
  const { line, made } = context;
  const guild = context.guildOf(requireName(fields, 'community'));
  const channel = context.channelOf(guild, requireName(fields, 'channel'));
  const parts = parseMessageParts(fields);
  const name = requireName(fields, 'user');
  const user = parts.webhook === true ? name : context.userOf(guild, name);
  const text = requireString(fields, 'text');
  optionalString(fields, 'ts');
  const replyTo = optionalInteger(fields, 'reply_to', 1);
  const thread = optionalInteger(fields, 'thread', 1);
  if (replyTo !== undefined) earlierLine(made, replyTo, 'message');
  if (thread !== undefined) earlierLine(made, thread, 'thread');
  made.set(line, { kind: 'message', guild });
  if (replyTo === undefined && thread === undefined) {
    const action = { op: 'message', channel: channel.id, user, text, ...parts } as const;
    return { kind: 'act', line, toAction: () => action };
  }
  const toAction = (ids: MadeIds) => {
    const place = thread === undefined ? channel.id : ids.get(thread);
    const original = replyTo === undefined ? undefined : ids.get(replyTo);
    if (place === undefined) return undefined;
    return {
      op: 'message',
      channel: place,
      user,
      text,
      ...parts,
      ...(original === undefined ? {} : { replyTo: original }),
    } as const;
  };
  return { kind: 'act', line, toAction };
}

// Scripts name the same few places thousands of times; looking them up by name each time would be quadratic.
function createPlaces(world: World): Pick<OpContext, 'guildOf' | 'channelOf' | 'userOf'> {
  const guilds = new Map<string, Guild>();
  const channels = new Map<string, Channel>();
  const users = new Map<string, string>();
  return {
    guildOf: (name) => remember(guilds, name, () => ensureGuild(world, name)),
    channelOf: (guild, name) =>
      remember(channels, `${guild.id} ${name}`, () =>
        ensureChannel(world, guild, { name, type: ChannelType.GuildText }),
      ),
    userOf: (guild, name) => remember(users, `${guild.id} ${name}`, () => ensureMember(world, guild, { name }).user.id),
  };
}

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
