import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` never run the native schema engine, yet the CLI insists on locating (and
// downloading) one first. Any existing executable satisfies the check; `migrate` must keep the real lookup.
if (['generate', 'validate', 'format'].includes(process.argv[2] ?? '')) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
