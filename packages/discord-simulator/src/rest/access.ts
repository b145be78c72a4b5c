import type { APIMessage } from 'discord-api-types/v10';
import { isSnowflake } from '../snowflake.ts';
import { isHidden } from '../world/guild-object.ts';
import { messageObject } from '../world/message-object.ts';
import type { Channel, Guild, Message } from '../world/model.ts';
import { stripContent } from '../world/strip-content.ts';
import { invalidField, restErrors } from './rest-error.ts';
import { param, type RestContext, type RestRequest } from './route.ts';

/** The guild of `:guild`. @throws RestError 404 code 10004. */
export function guildOf(request: RestRequest, { world }: RestContext): Guild {
  const guild = world.guilds.get(idOf(request, 'guild'));
  if (guild === undefined) throw restErrors.unknownGuild();
  return guild;
}

/** The channel of `:channel`. @throws RestError 404 code 10003, or 403 code 50001 when the bot may not view it. */
export function channelOf(request: RestRequest, context: RestContext): Channel {
  const channel = context.world.channels.get(idOf(request, 'channel'));
  if (channel === undefined) throw restErrors.unknownChannel();
  if (isHidden(channel)) {
    context.onHidden(channel);
    throw restErrors.missingAccess();
  }
  return channel;
}

/** The message of `:message` in the channel of `:channel`. @throws RestError 404 code 10008. */
export function messageOf(request: RestRequest, context: RestContext): Message {
  const channel = channelOf(request, context);
  const message = context.world.messages.get(idOf(request, 'message'));
  if (message === undefined || message.deleted || message.channel !== channel) throw restErrors.unknownMessage();
  return message;
}

/** The message as this application may see it. */
export function shownMessage(message: Message, context: RestContext): APIMessage {
  const object = messageObject(context.world, message);
  if (context.hasContent()) return object;
  context.onStripped();
  return stripContent(context.world.bot.id, object);
}

/** An integer from the query. @throws RestError 400 code 50035 with Discord's wording. */
export function integerIn(
  request: RestRequest,
  name: string,
  range: { min: number; max: number; default: number },
): number {
  const text = request.query.get(name);
  if (text === null) return range.default;
  if (!/^-?\d+$/.test(text)) throw invalidField(name, 'NUMBER_TYPE_COERCE', `Value "${text}" is not int.`);
  const value = Number(text);
  if (value < range.min) {
    throw invalidField(name, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${range.min}.`);
  }
  if (value > range.max) {
    throw invalidField(name, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${range.max}.`);
  }
  return value;
}

/** An id from the query, or null. @throws RestError 400 code 50035. */
export function snowflakeIn(request: RestRequest, name: string): string | null {
  const text = request.query.get(name);
  if (text === null) return null;
  if (!isSnowflake(text)) throw invalidField(name, 'NUMBER_TYPE_COERCE', `Value "${text}" is not snowflake.`);
  return text;
}

function idOf(request: RestRequest, name: string): string {
  const id = param(request, name);
  if (!isSnowflake(id)) throw invalidField(`${name}_id`, 'NUMBER_TYPE_COERCE', `Value "${id}" is not snowflake.`);
  return id;
}
