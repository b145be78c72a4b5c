import pg from 'pg';

/** Runs one statement on a connection of its own. Values come as the driver gives them: bigint as text. */
export async function queryPostgres(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: url });
  // A server that ends while we are connected is told by the query.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}
