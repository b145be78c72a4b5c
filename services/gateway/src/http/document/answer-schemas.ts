import { erasureSchema, ORIGINS, optOutPageSchema, optOutSchema } from '@dms/protocol';
import { z } from 'zod';

// What the routes answer. Objects are open: fields may be added, and clients ignore what they do not know.

const id = z.string().regex(/^\d{1,19}$/);
const time = z.string().describe('RFC 3339, UTC, milliseconds');
const position = z
  .string()
  .regex(/^\d+:\d+$/)
  .describe('A place in the log, `term:seq`; opaque');

const display = z
  .looseObject({
    text: z.string().describe('Plain text: mentions, custom emoji and times resolved'),
    author_name: z.string(),
    author_color: z.string().nullable(),
    author_avatar_url: z.string(),
    channel_name: z.string(),
    guild_name: z.string(),
    parent_id: id.nullable().describe('The channel a thread belongs to'),
    content_available: z.boolean(),
    links_expire_at: time.nullish(),
  })
  .describe('What a reader would otherwise have to resolve, as it was at the time of writing');

const message = z
  .looseObject({
    id,
    channel_id: id,
    guild_id: id,
    author: z.looseObject({ id, username: z.string() }).optional(),
    content: z.string().optional(),
    timestamp: time.optional(),
    edited_timestamp: time.nullish(),
    attachments: z.array(z.looseObject({ id, filename: z.string(), url: z.string() })).optional(),
    embeds: z.array(z.looseObject({})).optional(),
    deleted_at: time.nullable(),
    revision: z.int().describe('Number of edits seen'),
    display: display.optional(),
  })
  .describe(
    "Discord's message object (API v10) with fields of ours; of a deleted message ids, `deleted_at` and `revision` only",
  );

const messagePage = z.looseObject({
  messages: z.array(message).describe('Newest first'),
  has_more: z.boolean().describe('There are more in the direction of travel'),
  position: position.describe('Where the stream continues this page without a hole or a repeat'),
});

const channel = z.looseObject({ id, guild_id: id, type: z.int() }).describe("Discord's channel object");
const guild = z.looseObject({ id, name: z.string() }).describe("Discord's guild object, without members and channels");

const event = z
  .looseObject({
    op: z.literal(0),
    t: z.string().describe('Event type'),
    s: z.int().describe('seq'),
    p: position.describe('The position after this event'),
    d: z.looseObject({ origin: z.enum(ORIGINS) }),
  })
  .describe('A DISPATCH frame, see /asyncapi.json');

const eventsPage = z.looseObject({ events: z.array(event), position, up_to_date: z.boolean() });

const backfill = z.looseObject({
  state: z.enum(['importing', 'complete', 'refused']),
  cursor: id.nullable(),
  reached: time.nullable(),
  from_beginning: z.boolean(),
  status: z.int().nullable().describe("Discord's HTTP status when refused"),
});

const coverage = z.looseObject({
  channels: z.array(
    z.looseObject({
      channel_id: id,
      guild_id: id,
      parent_id: id.nullable(),
      oldest_message_id: id.nullable(),
      newest_message_id: id.nullable(),
      state: z.enum(['complete', 'catching_up', 'unrecoverable']),
      phase: z.string().nullable(),
      cursor: id.nullable(),
      backfill: backfill.nullable(),
    }),
  ),
  gaps: z.array(
    z.looseObject({ gap_id: z.string(), guild_id: id, reason: z.string(), since: time.nullable(), opened_at: time }),
  ),
});

const check = z.looseObject({ status: z.enum(['ok', 'degraded', 'down']), detail: z.string().optional() });
const health = z.looseObject({
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.looseObject({ database: check, redis: check, discord: check, ingester: check, feed: check }),
});

const problem = z
  .looseObject({
    type: z.string().describe('A stable name such as /problems/bad-request'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('The request id, also in X-Request-Id'),
    errors: z.array(z.looseObject({ parameter: z.string(), detail: z.string() })).optional(),
  })
  .describe('RFC 9457');

/** By the name they have in the document. */
export const answerSchemas = {
  Message: message,
  MessagePage: messagePage,
  MessageList: z.array(message),
  Revisions: z.looseObject({ revisions: z.array(message) }),
  Channel: channel,
  ChannelList: z.looseObject({ channels: z.array(channel) }),
  Guild: guild,
  GuildList: z.looseObject({ guilds: z.array(guild) }),
  Event: event,
  EventsPage: eventsPage,
  Coverage: coverage,
  Stats: z.looseObject({ connections: z.looseObject({ total: z.int() }), delivery: z.looseObject({}) }),
  Health: health,
  State: z.looseObject({ status: z.string() }),
  Erasure: erasureSchema,
  OptOut: optOutSchema,
  OptOutPage: optOutPageSchema,
  Document: z.looseObject({}),
  Problem: problem,
} as const;
export type AnswerName = keyof typeof answerSchemas;
