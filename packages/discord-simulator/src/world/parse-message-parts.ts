import { type APIEmbed, ComponentType, EmbedType, StickerFormatType } from 'discord-api-types/v10';
import {
  type Fields,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObjects,
  optionalString,
  requireName,
} from '../input.ts';
import type { MessageParts } from './action.ts';

const DEFAULT_ATTACHMENT_BYTES = 1024;

/** Reads `embeds`, `attachments`, `stickers`, `components`, `type` and `webhook` of a new message. @throws InputError naming the wrong field. */
export function parseMessageParts(fields: Fields): Omit<MessageParts, 'replyTo'> {
  const embeds = parseEmbeds(fields);
  const attachments = optionalObjects(fields, 'attachments').map(parseAttachment);
  const stickers = optionalObjects(fields, 'stickers').map(parseSticker);
  const components = optionalObjects(fields, 'components').map(parseComponent);
  const type = optionalInteger(fields, 'type');
  return {
    ...(embeds.length === 0 ? {} : { embeds }),
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(stickers.length === 0 ? {} : { stickers }),
    ...(components.length === 0 ? {} : { components }),
    ...(type === undefined ? {} : { type }),
    ...(optionalBoolean(fields, 'webhook') === true ? { webhook: true } : {}),
  };
}

/** Reads `embeds`: objects of Discord's shape, taken as they are; `type` defaults to `rich`. */
export function parseEmbeds(fields: Fields): APIEmbed[] {
  return optionalObjects(fields, 'embeds').map((embed) => ({ type: EmbedType.Rich, ...embed }));
}

function parseSticker(fields: Fields): NonNullable<MessageParts['stickers']>[number] {
  return { id: requireName(fields, 'id'), name: requireName(fields, 'name'), format_type: StickerFormatType.PNG };
}

/** Only text displays are taken apart; whatever else is there keeps Discord's shape unread. */
function parseComponent(fields: Fields): NonNullable<MessageParts['components']>[number] {
  return { type: ComponentType.TextDisplay, content: optionalString(fields, 'content') ?? '', ...fields };
}

function parseAttachment(fields: Fields): NonNullable<MessageParts['attachments']>[number] {
  const durationSecs = optionalNumber(fields, 'duration_secs');
  return {
    filename: requireName(fields, 'filename'),
    size: optionalInteger(fields, 'size') ?? DEFAULT_ATTACHMENT_BYTES,
    contentType: optionalString(fields, 'content_type') ?? 'application/octet-stream',
    width: optionalInteger(fields, 'width', 1) ?? null,
    height: optionalInteger(fields, 'height', 1) ?? null,
    description: optionalString(fields, 'description') ?? null,
    ...(durationSecs === undefined
      ? {}
      : { voice: { durationSecs, waveform: optionalString(fields, 'waveform') ?? '' } }),
  };
}
