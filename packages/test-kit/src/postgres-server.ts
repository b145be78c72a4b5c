import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { infrastructure } from './infrastructure.ts';
import { startCluster } from './postgres-cluster.ts';

/** A PostgreSQL of our own on 127.0.0.1, or a given one (TEST_DATABASE_URL) that can only be asked for databases. */
export interface PostgresServer {
  /** For a superuser, naming the maintenance database. */
  readonly url: string;
  readonly port: number;
  /** Creates an empty UTF-8 database and resolves with its URL. */
  createDatabase(): Promise<string>;
  /** Signals the postmaster: SIGINT = fast shutdown, SIGQUIT = immediate, SIGKILL = crash. Resolves after the exit, except for
   *  SIGSTOP and SIGCONT. @throws for a given server. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops postmaster and every other process of it where they are: sockets stay open and nothing answers. @throws for a given
   *  server. */
  freeze(): Promise<void>;
  /** Ends `freeze`. */
  thaw(): void;
  /** Starts again with the same data on the same port, shutting down first if needed. @throws for a given server. */
  restart(): Promise<void>;
  /** Stops our own server and removes its data; on a given one drops what `createDatabase` made. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Default true. Without it a commit survives a killed process, not a lost power supply, and tests run faster. */
  readonly fsync?: boolean;
  /** Extra server settings, e.g. `{ max_connections: '10' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Never use a given server, because the test stops or reconfigures it. Default false. */
  readonly mustBeOwn?: boolean;
  /** An empty directory for its data, which `unprivileged` may write; removed with its content by `stop`. Default: a temporary one. */
  readonly directory?: string;
}

/** @throws Error with the reason when this machine has none (`infrastructure.postgres`, `.postgresProcess`). */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const source = options.mustBeOwn === true ? infrastructure.postgresProcess : infrastructure.postgres;
  if (!source.available) throw new Error(source.reason);
  if (source.kind === 'given') return givenPostgres(source.url);
  const cluster = await startCluster(source.binDirectory, options);
  return { ...cluster, createDatabase: () => createDatabase(cluster.url) };
}

function givenPostgres(url: string): PostgresServer {
  const created: string[] = [];
  const refuse = () => Promise.reject(new Error('a given PostgreSQL (TEST_DATABASE_URL) is never stopped by tests'));
  return {
    url,
    port: Number(new URL(url).port || 5432),
    async createDatabase() {
      const database = await createDatabase(url);
      created.push(database);
      return database;
    },
    kill: refuse,
    freeze: refuse,
    thaw: () => {},
    restart: refuse,
    async stop() {
      for (const database of created.splice(0)) {
        await execute(url, `DROP DATABASE IF EXISTS "${new URL(database).pathname.slice(1)}" WITH (FORCE)`);
      }
    },
  };
}

async function createDatabase(adminUrl: string): Promise<string> {
  const name = `dms_test_${randomUUID().replaceAll('-', '')}`;
  await execute(adminUrl, `CREATE DATABASE "${name}" TEMPLATE template0 ENCODING 'UTF8'`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
