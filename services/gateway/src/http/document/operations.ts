import type { ApiScope } from '@dms/runtime';
import type { z } from 'zod';
import {
  channelMessagesQuerySchema,
  erasureQuerySchema,
  eventsQuerySchema,
  exportQuerySchema,
  messagesQuerySchema,
  optOutsQuerySchema,
} from '../query-schemas.ts';
import type { AnswerName } from './answer-schemas.ts';

/** What one method of one route takes and answers. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As Express writes it. */
  readonly path: string;
  readonly tag: 'Messages' | 'Stream' | 'Directory' | 'Operation' | 'Administration' | 'Documentation';
  readonly summary: string;
  /** Null: open to everybody. */
  readonly scope: ApiScope | null;
  readonly query: z.ZodObject | null;
  /** Of success: by media type, the schema; null where the body is not JSON, or not one document. */
  readonly status: number;
  readonly answers: Readonly<Record<string, AnswerName | null>>;
  /** Statuses answered with a problem, beside those that every route of the scope has. */
  readonly refusals: readonly number[];
  /** Answers 304 to an If-None-Match. */
  readonly hasTag?: true;
}

const read = { method: 'get', scope: 'read', query: null, status: 200, refusals: [] } as const;
const open = { ...read, scope: null } as const;
const json = (name: AnswerName) => ({ 'application/json': name }) as const;

const messages: readonly Operation[] = [
  {
    ...{ ...read, path: '/messages', tag: 'Messages', summary: 'A page of messages, newest first', hasTag: true },
    ...{ query: messagesQuerySchema, answers: json('MessagePage') },
  },
  {
    ...{ ...read, path: '/messages/:id', tag: 'Messages', summary: 'One message' },
    ...{ answers: json('Message'), refusals: [404, 410] },
  },
  {
    ...{ ...read, path: '/messages/:id/revisions', tag: 'Messages', summary: 'What the message said before each edit' },
    ...{ answers: json('Revisions'), refusals: [404, 410] },
  },
  {
    ...{
      ...read,
      path: '/channels/:id/messages',
      tag: 'Messages',
      summary: 'A page of one channel, as Discord answers it',
    },
    ...{ query: channelMessagesQuerySchema, answers: json('MessageList'), refusals: [404], hasTag: true },
  },
  {
    ...{ ...read, path: '/export', tag: 'Messages', summary: 'The filtered history in id order, streamed' },
    ...{
      query: exportQuerySchema,
      answers: { 'application/x-ndjson': null, 'text/csv': null, 'application/json': 'MessageList' },
    },
  },
];

const stream: readonly Operation[] = [
  {
    ...{ ...read, path: '/events', tag: 'Stream', summary: 'The log: NDJSON, Server-Sent Events, or page by page' },
    ...{ query: eventsQuerySchema, refusals: [406, 410] },
    answers: { 'application/json': 'EventsPage', 'application/x-ndjson': null, 'text/event-stream': null },
  },
  {
    ...{ ...read, path: '/ws', tag: 'Stream', summary: 'The same stream over WebSocket, see /asyncapi.json' },
    ...{ status: 101, answers: {}, refusals: [426] },
  },
];

const directory: readonly Operation[] = [
  { ...read, path: '/channels', tag: 'Directory', summary: 'Channels and threads', answers: json('ChannelList') },
  {
    ...{ ...read, path: '/channels/:id', tag: 'Directory', summary: 'One channel or thread' },
    ...{ answers: json('Channel'), refusals: [404] },
  },
  { ...read, path: '/guilds', tag: 'Directory', summary: 'Servers', answers: json('GuildList') },
  {
    ...{ ...read, path: '/guilds/:id', tag: 'Directory', summary: 'One server' },
    ...{ answers: json('Guild'), refusals: [404] },
  },
  {
    ...read,
    path: '/coverage',
    tag: 'Directory',
    summary: 'What is stored, and what may be missing',
    answers: json('Coverage'),
  },
];

const operation: readonly Operation[] = [
  { ...open, path: '/health', tag: 'Operation', summary: 'For people', answers: json('Health') },
  { ...open, path: '/health/live', tag: 'Operation', summary: 'The process answers', answers: json('State') },
  {
    ...{ ...open, path: '/health/ready', tag: 'Operation', summary: 'The replica may get traffic' },
    ...{ answers: json('State'), refusals: [503] },
  },
  {
    ...read,
    path: '/stats',
    tag: 'Operation',
    summary: 'Numbers for operators',
    scope: 'stats',
    answers: json('Stats'),
  },
];

const admin = { tag: 'Administration', scope: 'admin', query: null, status: 200 } as const;
const administration: readonly Operation[] = [
  {
    ...{ ...admin, method: 'post', path: '/admin/erasures', summary: 'Remove what is stored of a user' },
    ...{ query: erasureQuerySchema, status: 202, answers: json('Erasure'), refusals: [] },
  },
  {
    ...{ ...admin, method: 'get', path: '/admin/erasures/:id', summary: 'How far an erasure is' },
    ...{ answers: json('Erasure'), refusals: [404] },
  },
  {
    ...{ ...admin, method: 'get', path: '/admin/opt-outs', summary: 'Who opted out, 100 by user id' },
    ...{ query: optOutsQuerySchema, answers: json('OptOutPage'), refusals: [] },
  },
  {
    ...{ ...admin, method: 'get', path: '/admin/opt-outs/:id', summary: 'Whether a user opted out' },
    ...{ answers: json('OptOut'), refusals: [404] },
  },
  {
    ...{ ...admin, method: 'put', path: '/admin/opt-outs/:id', summary: 'Opt a user out: nothing of them is stored' },
    ...{ answers: json('OptOut'), refusals: [] },
  },
  {
    ...{ ...admin, method: 'delete', path: '/admin/opt-outs/:id', summary: 'Take an opt-out back' },
    ...{ status: 204, answers: {}, refusals: [404] },
  },
];

const documentation: readonly Operation[] = [
  { ...open, path: '/openapi.json', tag: 'Documentation', summary: 'This document', answers: json('Document') },
  {
    ...open,
    path: '/asyncapi.json',
    tag: 'Documentation',
    summary: 'The stream, as AsyncAPI',
    answers: json('Document'),
  },
  { ...open, path: '/docs', tag: 'Documentation', summary: 'Both, for people', answers: { 'text/html': null } },
];

/** Everything that is served but the pages for people and their files. */
export const OPERATIONS: readonly Operation[] = [
  ...messages,
  ...stream,
  ...directory,
  ...operation,
  ...administration,
  ...documentation,
];
