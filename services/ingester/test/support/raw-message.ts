import { type JsonObject, sanitiseObject } from '../../src/sanitise.ts';

export const GUILD = '1100000000000000001';
export const CHANNEL = '1200000000000000001';
export const THREAD = '1200000000000000002';
export const AUTHOR = '1300000000000000001';
export const MESSAGE = '1400000000000000001';

/** A message as the Discord gateway dispatches it; `fields` replace or add. */
export function rawMessage(fields: object = {}): JsonObject {
  const message = {
    id: MESSAGE,
    channel_id: CHANNEL,
    guild_id: GUILD,
    channel_type: 0,
    type: 0,
    content: 'hello',
    timestamp: '2026-11-22T10:00:00.123000+00:00',
    edited_timestamp: null,
    author: { id: AUTHOR, username: 'ada', global_name: 'Ada', discriminator: '0', avatar: null },
    member: { nick: null, roles: [], avatar: null },
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    components: [],
    pinned: false,
    tts: false,
    flags: 0,
    nonce: '77',
    ...fields,
  };
  return sanitiseObject(message) ?? {};
}

/** The same message as REST answers it: no guild, no member, no channel type, no nonce. */
export function restMessage(fields: object = {}): JsonObject {
  const { guild_id, member, channel_type, nonce, ...rest } = rawMessage(fields);
  return rest;
}
