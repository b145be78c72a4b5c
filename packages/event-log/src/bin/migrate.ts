import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError, MigrationRefusedError } from '../errors.ts';
import { migrate } from '../migrate.ts';

// `pnpm migrate`: applies prisma/migrations, or the folder given as argument, to the database of DATABASE_URL, or of the file
// that DATABASE_URL_FILE names. Exit codes: 0 done, 78 configuration, 1 anything else.
const EXIT_CONFIG = 78;
const RETRY_INTERVAL_MS = 1_000;
/** A database that is still starting is waited for this long. */
const MAX_WAIT_MS = 120_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

process.exitCode = await main();

async function main(): Promise<number> {
  const { DATABASE_URL = '', DATABASE_URL_FILE = '' } = process.env;
  if (DATABASE_URL_FILE === '') return run(DATABASE_URL, process.argv[2]);
  try {
    const url = readFileSync(DATABASE_URL_FILE, 'utf8').trimEnd();
    if (DATABASE_URL === '' || url === '') return run(DATABASE_URL || url, process.argv[2]);
    complain('migrate: DATABASE_URL and DATABASE_URL_FILE are both given; keep one');
  } catch (error) {
    complain(`migrate: DATABASE_URL_FILE cannot be read: ${describe(error)}`);
  }
  return EXIT_CONFIG;
}

async function run(url: string, directory: string | undefined): Promise<number> {
  const problem = findProblem(url);
  if (problem !== null) {
    complain(`migrate: ${problem}`);
    return EXIT_CONFIG;
  }
  const host = describeHost(new URL(url));
  const deadline = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      const { applied } = await migrate(url, directory === undefined ? {} : { directory });
      say(applied.length === 0 ? `migrate: ${host} is up to date` : `migrate: ${host}: applied ${applied.join(', ')}`);
      return 0;
    } catch (error) {
      if (!isStarting(error) || performance.now() > deadline) {
        complain(`migrate: ${host}: ${describe(error)}`);
        return 1;
      }
      complain(`migrate: waiting for ${host}: ${describe(error)}`);
    }
    await delay(RETRY_INTERVAL_MS);
  }
}

function findProblem(url: string): string | null {
  if (url === '') return 'DATABASE_URL is not set; it must be postgresql://user:password@host:port/database';
  const isPostgres = URL.canParse(url) && ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
  return isPostgres ? null : 'DATABASE_URL is malformed; it must be postgresql://user:password@host:port/database';
}

/** Never the URL itself: it holds the password. */
function describeHost(url: URL): string {
  return url.searchParams.get('host') ?? (url.host || 'localhost');
}

/** No answer, too many connections, or starting up: waiting may help. */
function isStarting(error: unknown): boolean {
  return error instanceof DatabaseError && (error.sqlState === null || ['53300', '57P03'].includes(error.sqlState));
}

function describe(error: unknown): string {
  if (error instanceof MigrationRefusedError) return error.message;
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error.message : String(error);
  // A refused login or a faulty migration can only be mended by reading PostgreSQL's own sentence; no content is involved.
  const { cause, message } = error;
  return error.sqlState !== null && cause instanceof Error ? `${message} (${cause.message})` : message;
}
