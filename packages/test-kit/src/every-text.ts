import pg from 'pg';

const TABLES = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname`;
/** Dead letters are base64. */
const LETTERS = `SELECT convert_from(decode(change, 'base64'), 'UTF8') AS row FROM dead_letter`;

/** Every row of every table of the database as text, one a line, for searching what must not be in it. */
export async function everyText(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const lines: string[] = [];
    const tables = await client.query<{ relname: string }>(TABLES);
    const statements = tables.rows.map(({ relname }) => `SELECT t::text AS row FROM "${relname}" AS t`);
    for (const statement of [...statements, LETTERS]) {
      const { rows } = await client.query<{ row: string }>(statement);
      lines.push(...rows.map(({ row }) => row));
    }
    return lines.join('\n');
  } finally {
    await client.end();
  }
}
