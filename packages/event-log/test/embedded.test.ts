import { type EmbeddedDatabase, startEmbeddedDatabase } from '@dms/embedded-database';
import { afterAll, beforeAll } from '@jest/globals';
import { openDatabase } from '../src/database.ts';
import { describeEventLogContract } from './event-log-contract.ts';

let embedded: EmbeddedDatabase;
beforeAll(async () => {
  embedded = await startEmbeddedDatabase({ directory: null });
});
afterAll(() => embedded.stop());

// One instance holds one database, so each test begins by emptying it.
describeEventLogContract('the embedded database', async () => {
  const database = openDatabase(embedded.url, { poolSize: 1, applicationName: 'test' });
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
  await database.close();
  return embedded.url;
});
