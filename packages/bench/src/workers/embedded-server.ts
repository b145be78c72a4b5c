import { startEmbeddedDatabase } from '@dms/embedded-database';

// The embedded database alone, for peers. Argument: its directory. Prints its URL.
const database = await startEmbeddedDatabase({ directory: process.argv[2] ?? null });
process.stdout.write(`url ${database.url}\n`);
// Keeps the process alive until it is told to end.
setInterval(() => {}, 60_000);
