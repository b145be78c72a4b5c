import { z } from 'zod';
import { idSchema } from '../query-schemas.ts';
import { answerSchemas } from './answer-schemas.ts';
import { jsonSchemaOf } from './json-schema.ts';
import { OPERATIONS, type Operation } from './operations.ts';

const REASONS: Readonly<Record<number, string>> = {
  101: 'Switching to WebSocket',
  200: 'OK',
  202: 'Accepted',
  204: 'Done',
  304: 'What the client has is still what there is',
  400: 'A parameter is wrong; errors names it',
  401: 'The key is missing or wrong',
  403: 'The key lacks the scope, or the origin is not allowed',
  404: 'Unknown, or not for this key',
  406: 'None of the media types can be had',
  410: 'Deleted, or a position that does not continue',
  426: 'This address speaks WebSocket',
  429: 'Too many requests',
  503: 'Not now; Retry-After says when',
};

const problemAnswer = (status: number) => ({
  description: REASONS[status] ?? 'Refused',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function parametersOf({ path, query, hasTag }: Operation): readonly object[] {
  const inPath = path.includes(':id')
    ? [{ name: 'id', in: 'path', required: true, schema: jsonSchemaOf(idSchema) }]
    : [];
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...described } = jsonSchemaOf(schema);
    return {
      ...{ name, in: 'query', required: isRequired(schema) },
      ...(description !== undefined && { description }),
      ...(described.type === 'array' && { style: 'form', explode: false }),
      schema: described,
    };
  });
  const conditions = hasTag ? [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }] : [];
  return [...inPath, ...inQuery, ...conditions];
}

const isRequired = (schema: z.core.$ZodType): boolean => !z.safeParse(schema, undefined).success;

function answersOf({ status, answers, hasTag }: Operation): object {
  const content = Object.entries(answers).map(([type, name]) => [
    type,
    { schema: name === null ? { type: 'string' } : { $ref: `#/components/schemas/${name}` } },
  ]);
  return {
    [status]: {
      description: REASONS[status] ?? 'OK',
      ...(content.length > 0 && { content: Object.fromEntries(content) }),
      ...(hasTag && { headers: { ETag: { schema: { type: 'string' } }, Link: { schema: { type: 'string' } } } }),
    },
    ...(hasTag && { 304: { description: REASONS[304] } }),
  };
}

const refusalsOf = ({ scope, query, refusals, path }: Operation): readonly number[] => [
  ...(query === null && !path.includes(':id') ? [] : [400]),
  ...(scope === null ? [] : [401, 403, 429, 503]),
  ...refusals,
];

function describe(operation: Operation): object {
  const { method, path, tag, summary, scope } = operation;
  const keys = [{ bearer: [] }, { header: [] }];
  return {
    operationId: `${method}${path.replaceAll(/[/:.-]+(\w)/g, (_match, letter: string) => letter.toUpperCase())}`,
    tags: [tag],
    summary,
    ...(scope !== null && { 'x-scope': scope, security: scope === 'read' ? [{}, ...keys] : keys }),
    parameters: parametersOf(operation),
    responses: {
      ...answersOf(operation),
      ...Object.fromEntries(
        [...new Set(refusalsOf(operation))].sort().map((status) => [status, problemAnswer(status)]),
      ),
    },
  };
}

/** OpenAPI 3.1 of what `OPERATIONS` lists, from the schemas that requests are parsed with. */
export function createOpenApiDocument() {
  const registry = z.registry<{ readonly id: string }>();
  for (const [name, schema] of Object.entries(answerSchemas)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { uri: (name) => `#/components/schemas/${name}` });
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Discord Message Streamer',
      version: '1',
      summary: 'The messages of a Discord server as a history and a replayable stream',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }, { url: '/v1' }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, { $id, $schema, ...schema }]) => [name, schema])),
    },
  };
}
