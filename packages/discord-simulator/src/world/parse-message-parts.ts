import { type APIEmbed, EmbedType } from 'discord-api-types/v10';
import {
  type Fields,
  optionalBoolean,
  optionalInteger,
  optionalObjects,
  optionalString,
  requireName,
} from '../input.ts';
import type { MessageParts } from './action.ts';

const DEFAULT_ATTACHMENT_BYTES = 1024;

/** Reads `embeds`, `attachments` and `webhook` of a new message. @throws InputError naming the wrong field. */
export function parseMessageParts(fields: Fields): Omit<MessageParts, 'replyTo'> {
  const embeds = parseEmbeds(fields);
  const attachments = optionalObjects(fields, 'attachments').map(parseAttachment);
  return {
    ...(embeds.length === 0 ? {} : { embeds }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(optionalBoolean(fields, 'webhook') === true ? { webhook: true } : {}),
  };
}

/** Reads `embeds`: objects of Discord's shape, taken as they are; `type` defaults to `rich`. */
export function parseEmbeds(fields: Fields): APIEmbed[] {
  return optionalObjects(fields, 'embeds').map((embed) => ({ type: EmbedType.Rich, ...embed }));
}

function parseAttachment(fields: Fields): NonNullable<MessageParts['attachments']>[number] {
  return {
    filename: requireName(fields, 'filename'),
    size: optionalInteger(fields, 'size') ?? DEFAULT_ATTACHMENT_BYTES,
    contentType: optionalString(fields, 'content_type') ?? 'application/octet-stream',
    width: optionalInteger(fields, 'width', 1) ?? null,
    height: optionalInteger(fields, 'height', 1) ?? null,
    description: optionalString(fields, 'description') ?? null,
  };
}
