import { reasonOf } from '../reason-of.ts';
import { type Finding, note, ok, problem, warning } from './finding.ts';

const MIN_VERSION = 150_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_CLOCK_ERROR_MS = 2_000;

const FACTS = `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS replica,
  extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms, to_regclass('head') IS NOT NULL AS migrated`;
const HEAD = `SELECT seq::text, holder, expires > clock_timestamp() AS held FROM head`;

/** What to do about each way in which PostgreSQL refuses. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REMEDIES: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'start PostgreSQL, or correct host and port of DATABASE_URL; in a container "localhost" is the container itself',
  ENOTFOUND: 'correct the host of DATABASE_URL: its name is not known here',
  '28P01': 'correct user and password of DATABASE_URL; what is special in them is percent-encoded',
  '28000': 'let pg_hba.conf admit this user from this machine, or ask for TLS with ?sslmode=require',
  '3D000': 'create the database that DATABASE_URL names (CREATE DATABASE …)',
  '53300': 'raise max_connections, or put a pooler in between (docs/OPERATIONS.md)',
  '57P03': 'wait: it is starting',
};

/** Connects once, reads a few facts and leaves. Never rejects. */
export async function checkDatabase(url: string | undefined): Promise<readonly Finding[]> {
  if (url === undefined) {
    return [note('database', 'DATABASE_URL is not set: standalone keeps its own in DATA_DIR; a cluster needs one')];
  }
  // Only this command needs the driver.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    const startedAtMs = Date.now();
    const [facts] = (await client.query<Record<string, unknown>>(FACTS)).rows;
    const clockAheadMs = (startedAtMs + Date.now()) / 2 - Number(facts?.now_ms);
    const head = facts?.migrated === true ? (await client.query<Record<string, unknown>>(HEAD)).rows[0] : undefined;
    return [...judgeFacts(facts ?? {}, clockAheadMs), ...judgeHead(facts?.migrated === true, head)];
  } catch (error) {
    const reason = reasonOf(error);
    return [
      problem(
        'database',
        `cannot be used (${reason})`,
        REMEDIES[reason] ?? 'check DATABASE_URL: postgresql://user:password@host:5432/database',
      ),
    ];
  } finally {
    await client.end().catch(() => {});
  }
}

function judgeFacts(facts: Readonly<Record<string, unknown>>, clockAheadMs: number): readonly Finding[] {
  const version = `PostgreSQL ${String(facts.version).split(' ')[0]}`;
  const findings = [
    Number(facts.number) >= MIN_VERSION
      ? ok('database', version)
      : problem('database', `${version} is too old`, 'use PostgreSQL 15 or newer'),
  ];
  if (facts.encoding !== 'UTF8') {
    findings.push(
      problem(
        'database',
        `stores ${String(facts.encoding)}, not every letter there is`,
        "create it with ENCODING 'UTF8' TEMPLATE template0",
      ),
    );
  }
  if (facts.replica === true) {
    findings.push(problem('database', 'is a replica, which takes no writes', 'let DATABASE_URL name the primary'));
  }
  if (Math.abs(clockAheadMs) > MAX_CLOCK_ERROR_MS) {
    const seconds = Math.round(Math.abs(clockAheadMs) / 1_000);
    const where = clockAheadMs > 0 ? 'behind' : 'ahead of';
    findings.push(
      warning(
        'database',
        `its clock is ${seconds} s ${where} this machine's`,
        'switch time synchronisation on, on both',
      ),
    );
  }
  return findings;
}

function judgeHead(isMigrated: boolean, head: Readonly<Record<string, unknown>> | undefined): readonly Finding[] {
  if (!isMigrated)
    return [problem('schema', 'is not there yet', 'run pnpm migrate, or docker compose run --rm migrate')];
  const ingester = head?.held === true ? `an ingester works (${String(head.holder)})` : 'no ingester works right now';
  return [ok('schema', `is there; ${String(head?.seq ?? 0)} events so far; ${ingester}`)];
}
