import type { APIMessage } from 'discord-api-types/v10';

/**
 * The message as a bot without the message content intent receives it: content, embeds, attachments, components and
 * poll empty — unless the bot wrote it or is mentioned in it. Generic over what surrounds the message's own fields.
 */
export function stripContent<Shape extends APIMessage>(botId: string, message: Shape): Shape {
  const { referenced_message: original } = message;
  const outer: Shape =
    original === undefined || original === null
      ? { ...message }
      : { ...message, referenced_message: stripContent(botId, original) };
  if (isExempt(botId, message)) return outer;
  delete outer.poll;
  const snapshots = message.message_snapshots?.map((snapshot) => ({
    ...snapshot,
    message: { ...snapshot.message, ...EMPTY },
  }));
  return { ...outer, ...EMPTY, ...(snapshots === undefined ? {} : { message_snapshots: snapshots }) };
}

function isExempt(botId: string, message: APIMessage): boolean {
  return message.author.id === botId || message.mentions.some((user) => user.id === botId);
}

const EMPTY = { content: '', embeds: [], attachments: [], components: [] };
