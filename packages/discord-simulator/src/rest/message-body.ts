import { type APIEmbed, EmbedType } from 'discord-api-types/v10';
import { type Fields, isFields } from '../input.ts';
import { invalidField } from './rest-error.ts';

const MAX_CONTENT_CHARACTERS = 2000;
const MAX_EMBEDS = 10;

/** The `content` of a request; undefined when absent or null. @throws RestError 400 code 50035 beyond 2,000 characters. */
export function contentOf(body: Fields): string | undefined {
  const { content } = body;
  if (content === undefined || content === null) return undefined;
  const text = String(content);
  if (text.length > MAX_CONTENT_CHARACTERS) {
    throw invalidField('content', 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_CONTENT_CHARACTERS} or fewer in length.`);
  }
  return text;
}

/** The `embeds` of a request, at most ten. @throws RestError 400 code 50035. */
export function embedsOf(body: Fields): APIEmbed[] {
  const { embeds } = body;
  if (embeds === undefined || embeds === null) return [];
  if (!Array.isArray(embeds) || embeds.length > MAX_EMBEDS || !embeds.every(isFields)) {
    throw invalidField('embeds', 'BASE_TYPE_MAX_LENGTH', `Must be ${MAX_EMBEDS} or fewer in length.`);
  }
  return embeds.map((embed) => ({ type: EmbedType.Rich, ...embed }));
}
