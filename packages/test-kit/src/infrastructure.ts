import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Whether something outside Node is here, and if not, why, in words for whoever reads the skipped tests. */
export type Availability<T> =
  | ({ readonly available: true } & T)
  | { readonly available: false; readonly reason: string };

/** A given server is shared with others: it is never stopped, paused or flushed. A program starts servers of our own. */
export type PostgresSource =
  | { readonly kind: 'given'; readonly url: string }
  | { readonly kind: 'program'; readonly binDirectory: string };
export type RedisSource =
  | { readonly kind: 'given'; readonly url: string }
  | { readonly kind: 'program'; readonly program: string };

export interface ProgramSource {
  readonly program: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEBIAN_POSTGRES_ROOT = '/usr/lib/postgresql';
const DEBIAN_PYTHON_WEBSOCKETS = '/usr/lib/python3/dist-packages/websockets';
const INHERITED_VARIABLES = ['PATH', 'HOME', 'TMPDIR', 'LANG'] as const;

/** What child processes get of our environment: no setting of the developer's shell changes a test. */
export const baseEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  INHERITED_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** What this machine offers, looked up once at import. `…Process` are servers that a test may kill; `postgres` and `redis` may
 *  also be given ones (TEST_DATABASE_URL, TEST_REDIS_URL).
 *  @throws at import when REQUIRE_INFRA=1 and one of them is missing, so that CI cannot skip in silence. */
export const infrastructure = findInfrastructure(process.env);

/** Exported for its test; everybody else reads `infrastructure`. */
export function findInfrastructure(env: Environment): {
  readonly postgres: Availability<PostgresSource>;
  readonly postgresProcess: Availability<PostgresSource>;
  readonly redis: Availability<RedisSource>;
  readonly redisProcess: Availability<RedisSource>;
  readonly pgbouncer: Availability<ProgramSource>;
  readonly chromium: Availability<ProgramSource>;
  readonly kubectl: Availability<ProgramSource>;
  readonly slowhttptest: Availability<ProgramSource>;
  readonly pythonWebsockets: Availability<ProgramSource>;
  readonly promtool: Availability<ProgramSource>;
} {
  const postgresProcess = findPostgres(env);
  const redisProcess = findRedis(env);
  const found = {
    postgres: env.TEST_DATABASE_URL ? given(env.TEST_DATABASE_URL) : postgresProcess,
    postgresProcess,
    redis: env.TEST_REDIS_URL ? given(env.TEST_REDIS_URL) : redisProcess,
    redisProcess,
    pgbouncer: findPgBouncer(env),
    chromium: findInPath(env, 'Chromium', ['chromium', 'chromium-browser', 'google-chrome']),
    kubectl: findInPath(env, 'kubectl', ['kubectl']),
    slowhttptest: findInPath(env, 'slowhttptest', ['slowhttptest']),
    pythonWebsockets: findPythonWebsockets(),
    promtool: findInPath(env, 'promtool', ['promtool']),
  };
  if (env.REQUIRE_INFRA === '1') requireAll(Object.values(found));
  return found;
}

function requireAll(all: readonly Availability<unknown>[]): void {
  const missing = new Set(all.flatMap((one) => (one.available ? [] : [one.reason])));
  if (missing.size > 0) throw new Error(`REQUIRE_INFRA=1, but ${[...missing].join('; ')}`);
}

function given(url: string) {
  return { available: true, kind: 'given', url } as const;
}

function findPostgres(env: Environment): Availability<PostgresSource> {
  const directories = [...searchPath(env), ...debianPostgresDirectories()];
  const binDirectory = directories.find((directory) => ['initdb', 'postgres'].every((name) => canRun(directory, name)));
  // Whoever links single programs into PATH leaves pg_dump and the others where the links lead.
  if (binDirectory !== undefined)
    return { available: true, kind: 'program', binDirectory: dirname(realpathSync(join(binDirectory, 'postgres'))) };
  return { available: false, reason: `no PostgreSQL: initdb is neither in PATH nor in ${DEBIAN_POSTGRES_ROOT}` };
}

/** Newest first. */
function debianPostgresDirectories(): readonly string[] {
  try {
    return readdirSync(DEBIAN_POSTGRES_ROOT)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(DEBIAN_POSTGRES_ROOT, version, 'bin'));
  } catch {
    return [];
  }
}

function findRedis(env: Environment): Availability<RedisSource> {
  const program = firstProgram(searchPath(env), ['redis-server', 'valkey-server']);
  if (program !== undefined) return { available: true, kind: 'program', program };
  return { available: false, reason: 'no Redis: neither redis-server nor valkey-server is in PATH' };
}

/** Debian installs it where only root looks. */
function findPgBouncer(env: Environment): Availability<ProgramSource> {
  const program = firstProgram([...searchPath(env), '/usr/sbin'], ['pgbouncer']);
  if (program !== undefined) return { available: true, program };
  return { available: false, reason: 'no PgBouncer: pgbouncer is neither in PATH nor in /usr/sbin' };
}

/** A Python with a WebSocket client that has nothing in common with ours. Another Python in PATH does not see Debian's packages. */
function findPythonWebsockets(): Availability<ProgramSource> {
  if (canRun('/usr/bin', 'python3') && existsSync(DEBIAN_PYTHON_WEBSOCKETS))
    return { available: true, program: '/usr/bin/python3' };
  return { available: false, reason: `no Python WebSocket client: ${DEBIAN_PYTHON_WEBSOCKETS} is missing` };
}

function findInPath(env: Environment, what: string, names: readonly string[]): Availability<ProgramSource> {
  const program = firstProgram(searchPath(env), names);
  if (program !== undefined) return { available: true, program };
  return { available: false, reason: `no ${what}: ${names.join(', ')} not found in PATH` };
}

/** By name first: the names are in order of preference. */
function firstProgram(directories: readonly string[], names: readonly string[]): string | undefined {
  for (const name of names) {
    const directory = directories.find((candidate) => canRun(candidate, name));
    if (directory !== undefined) return join(directory, name);
  }
  return undefined;
}

function searchPath(env: Environment): readonly string[] {
  return (env.PATH ?? '').split(delimiter).filter((part) => part !== '');
}

function canRun(directory: string, name: string): boolean {
  try {
    accessSync(join(directory, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
