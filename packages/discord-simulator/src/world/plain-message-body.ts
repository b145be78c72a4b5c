import type { APIUser } from 'discord-api-types/v10';
import { discordTimestamp } from '../discord-time.ts';
import { snowflakeTimeMs } from '../snowflake.ts';
import { memberObject } from './message-object.ts';
import type { Member, Message } from './model.ts';

const userJson = new WeakMap<APIUser, string>();
const memberJson = new WeakMap<Member, string>();

/** True for a message that is nothing but an author's text: no attachments, reply, reactions, edits or mentions. */
export function isPlain(message: Message): boolean {
  return message.extra === null && message.editedAtMs === null && !message.content.includes('@');
}

/**
 * JSON of the gateway's message object for a plain message, equal to encoding `gatewayMessage` (a test holds them
 * together) at a fraction of the cost: what does not differ between an author's messages is encoded once.
 * `content` stands in for the message's own, so that the stripped form comes from here too.
 */
export function plainMessageBody(message: Message, content: string): string {
  const { id, channel, author, type, flags } = message;
  const member = channel.guild.members.get(author.id);
  const memberPart = member === undefined ? '' : `,"member":${remembered(memberJson, member, memberObject(member))}`;
  return (
    `{"type":${type},"content":${JSON.stringify(content)},"mentions":[],"mention_roles":[],"attachments":[],"embeds":[],` +
    `"timestamp":"${discordTimestamp(snowflakeTimeMs(id))}","edited_timestamp":null,"flags":${flags},"components":[],` +
    `"id":"${id}","channel_id":"${channel.id}","author":${remembered(userJson, author.api, author.api)},` +
    `"pinned":false,"mention_everyone":false,"tts":false,"guild_id":"${channel.guild.id}",` +
    `"channel_type":${channel.type}${memberPart}}`
  );
}

function remembered<Key extends object>(known: WeakMap<Key, string>, key: Key, value: object): string {
  let json = known.get(key);
  if (json === undefined) {
    json = JSON.stringify(value);
    known.set(key, json);
  }
  return json;
}
