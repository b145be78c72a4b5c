import type { z } from 'zod';
import { eventsQuerySchema } from '../query-schemas.ts';
import { clientFrames, serverFrames } from './frame-schemas.ts';
import { jsonSchemaOf } from './json-schema.ts';

const PARAMETERS = ['guild_id', 'channel_id', 'author_id', 'types', 'since'] as const;

const messagesOf = (frames: Readonly<Record<string, z.ZodType>>) =>
  Object.fromEntries(
    Object.entries(frames).map(([name, schema]) => {
      const { description, ...payload } = jsonSchemaOf(schema);
      return [name, { name, title: name, summary: description, contentType: 'application/json', payload }];
    }),
  );

const refer = (names: readonly string[]) => names.map((name) => ({ $ref: `#/channels/stream/messages/${name}` }));

/** AsyncAPI 3 of the WebSocket, from the schemas of its frames. */
export function createAsyncApiDocument() {
  const query = Object.fromEntries(PARAMETERS.map((name) => [name, jsonSchemaOf(eventsQuerySchema.shape[name])]));
  const components = { ...messagesOf(serverFrames), ...messagesOf(clientFrames) };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Discord Message Streamer',
      version: '1',
      description:
        'The URL is the subscription: connect and events arrive. Keep the position `p` and resume with `since`.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      stream: {
        address: '/ws',
        title: 'The log',
        messages: Object.fromEntries(
          Object.keys(components).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', query: { type: 'object', properties: query } } },
      },
    },
    operations: {
      receiveFrames: {
        ...{ action: 'send', summary: 'Frames of the server' },
        ...{ channel: { $ref: '#/channels/stream' }, messages: refer(Object.keys(serverFrames)) },
      },
      sendFrames: {
        ...{ action: 'receive', summary: 'Frames of the client' },
        ...{ channel: { $ref: '#/channels/stream' }, messages: refer(Object.keys(clientFrames)) },
      },
    },
    components: { messages: components },
  };
}
