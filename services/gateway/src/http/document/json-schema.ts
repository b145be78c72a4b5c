import { z } from 'zod';

/** What a value is after parsing, as JSON Schema 2020-12 without its envelope. */
export function jsonSchemaOf(schema: z.core.$ZodType) {
  const { $schema, ...described } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  return described;
}
