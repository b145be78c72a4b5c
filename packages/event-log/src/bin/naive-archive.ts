import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/client.ts';

// The peers of `pnpm bench throughput`: stores messages of SOURCE_DATABASE_URL in the migrated database DATABASE_URL once more,
// the way an archive does that knows nothing of batches. Arguments: what (`create`, `create-many`, `server-side`), how many
// messages, how many of them first and not measured. Prints `done {"messages":…,"seconds":…}`.
const CONCURRENCY = 16;
const BATCH = 100;
const POOL_SIZE = 17;
const PAGE = 1_000;

const { DATABASE_URL = '', SOURCE_DATABASE_URL = '' } = process.env;
const [what = '', messages = '0', warmup = '0'] = process.argv.slice(2);

const open = (connectionString: string): PrismaClient =>
  new PrismaClient({ adapter: new PrismaPg({ connectionString, max: POOL_SIZE }) });
const source = open(SOURCE_DATABASE_URL);
const target = open(DATABASE_URL);

interface Pair {
  readonly message: Parameters<PrismaClient['message']['create']>[0]['data'];
  readonly event: Parameters<PrismaClient['event']['create']>[0]['data'];
}

async function readPairs(count: number): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  let seq = 0n;
  while (pairs.length < count) {
    const where = { type: 'MESSAGE_CREATE', seq: { gt: seq } };
    const events = await source.event.findMany({ where, orderBy: { seq: 'asc' }, take: PAGE });
    const ids = events.flatMap(({ messageId }) => (messageId === null ? [] : [messageId]));
    const rows = new Map((await source.message.findMany({ where: { id: { in: ids } } })).map((row) => [row.id, row]));
    for (const { createdAt, ...event } of events) {
      const message = rows.get(event.messageId ?? 0n);
      if (message !== undefined) pairs.push({ message, event });
    }
    const last = events.at(-1);
    if (last === undefined) throw new Error(`the source has only ${pairs.length} messages`);
    seq = last.seq;
  }
  return pairs.slice(0, count);
}

/** The two rows of a message in a transaction of their own, 16 at a time. */
async function create(pairs: readonly Pair[]): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let pair = pairs[next++]; pair !== undefined; pair = pairs[next++]) {
      const { message, event } = pair;
      await target.$transaction([target.message.create({ data: message }), target.event.create({ data: event })]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** A hundred messages in a transaction, one after another. */
async function createMany(pairs: readonly Pair[]): Promise<void> {
  for (let first = 0; first < pairs.length; first += BATCH) {
    const batch = pairs.slice(first, first + BATCH);
    await target.$transaction([
      target.message.createMany({ data: batch.map(({ message }) => message) }),
      target.event.createMany({ data: batch.map(({ event }) => event) }),
    ]);
  }
}

const STAGED = ['message', 'event'] as const;

/** What is stored so far moves aside, to be put back by `insertStaged`. */
async function stage(): Promise<void> {
  for (const table of STAGED) {
    await target.$executeRawUnsafe(`DROP TABLE IF EXISTS staged_${table}`);
    await target.$executeRawUnsafe(
      `CREATE TABLE staged_${table} AS SELECT row_number() OVER (ORDER BY ${table === 'event' ? 'seq' : 'id'}) AS n, * FROM ${table}`,
    );
    await target.$executeRawUnsafe(`ALTER TABLE staged_${table} ADD PRIMARY KEY (n)`);
    await target.$executeRawUnsafe(`TRUNCATE ${table}`);
  }
  await target.$executeRawUnsafe('ANALYZE');
}

/** PostgreSQL alone: a loop inside the server that puts a hundred messages at a time from one table into another. */
async function insertStaged(count: number): Promise<void> {
  const insert = (table: string, columns: string): string =>
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM staged_${table} WHERE n > first AND n <= first + ${BATCH};`;
  const columnsOf = async (table: string): Promise<string> => {
    const rows: readonly { readonly names: string }[] = await target.$queryRawUnsafe(
      `SELECT string_agg(quote_ident(column_name), ', ') AS names FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name = '${table}'`,
    );
    return rows[0]?.names ?? '';
  };
  const inserts = await Promise.all(STAGED.map(async (table) => insert(table, await columnsOf(table))));
  await target.$executeRawUnsafe(`CREATE OR REPLACE PROCEDURE insert_staged() LANGUAGE plpgsql AS $body$
    DECLARE first bigint;
    BEGIN
      FOR first IN 0..${count - 1} BY ${BATCH} LOOP ${inserts.join(' ')} COMMIT; END LOOP;
    END $body$`);
  await target.$executeRawUnsafe('CALL insert_staged()');
}

async function measure(work: () => Promise<void>): Promise<number> {
  process.stdout.write('first\n');
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}

async function run(): Promise<number> {
  const pairs = await readPairs(Number(warmup) + Number(messages));
  const [warm, measured] = [pairs.slice(0, Number(warmup)), pairs.slice(Number(warmup))];
  if (what === 'server-side') {
    await createMany(measured);
    await stage();
    return measure(() => insertStaged(measured.length));
  }
  const store = what === 'create' ? create : createMany;
  await store(warm);
  return measure(() => store(measured));
}

const seconds = await run();
process.stdout.write(`done ${JSON.stringify({ messages: Number(messages), seconds })}\n`);
await source.$disconnect();
await target.$disconnect();
