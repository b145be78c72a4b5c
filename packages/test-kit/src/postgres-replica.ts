import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { startOnFreePort } from './free-port.ts';
import { infrastructure } from './infrastructure.ts';
import { queryPostgres } from './query-postgres.ts';
import { spawnProcess } from './spawn-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { unprivileged } from './unprivileged.ts';

/** An asynchronous standby of a PostgreSQL of our own: what the primary acknowledged may not have reached it. */
export interface PostgresReplica {
  readonly port: number;
  /** Resolves when it has everything that the primary has committed so far. */
  caughtUp(): Promise<void>;
  /** Stops receiving: what the primary commits from now on will be lost in a failover. */
  detach(): Promise<void>;
  /** Makes it the primary of a timeline of its own. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** Copies the primary while it runs and follows it. @throws Error with the reason when this machine has no PostgreSQL programs. */
export async function startReplica(primary: { readonly url: string; readonly port: number }): Promise<PostgresReplica> {
  const source = infrastructure.postgresProcess;
  if (!source.available || source.kind !== 'program') throw new Error('there is no PostgreSQL of our own');
  const program = (name: string): string => join(source.binDirectory, name);
  const directory = await temporaryDirectory(unprivileged.owner);
  const environment = { ...unprivileged, cwd: directory, env: { LC_ALL: 'C', TZ: 'UTC' } };
  const data = join(directory, 'data');
  // -R makes the copy a standby that knows its primary.
  const from = [
    '--dbname',
    primary.url,
    '--pgdata',
    data,
    '-R',
    '--wal-method=stream',
    '--checkpoint=fast',
    '--no-sync',
  ];
  const copying = await spawnProcess(program('pg_basebackup'), from, environment);
  const { code } = await copying.exited;
  if (code !== 0) throw new Error(`pg_basebackup failed (${code}): ${copying.stderr}`);

  const { port, server } = await startOnFreePort(async (freePort) => {
    const args = ['-D', data, '-p', String(freePort), '-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'];
    const started = await spawnProcess(program('postgres'), args, environment);
    try {
      await started.waitForLine(/ready to accept read-only connections/, START_TIMEOUT_MS);
      return started;
    } catch (error) {
      await started.stop(0);
      throw error;
    }
  });
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const ask = async (statement: string): Promise<unknown> =>
    Object.values((await queryPostgres(url, `SELECT ${statement}`))[0] ?? {})[0];
  const until = (statement: string): Promise<void> =>
    eventually(async () => {
      if ((await ask(statement)) !== true) throw new Error(`not yet: ${statement}`);
    });

  return {
    port,
    async caughtUp() {
      const [row] = await queryPostgres(primary.url, 'SELECT pg_current_wal_lsn()::text AS lsn');
      await until(`pg_last_wal_replay_lsn() >= '${String(row?.lsn)}'`);
    },
    async detach() {
      await queryPostgres(url, `ALTER SYSTEM SET primary_conninfo = ''`);
      await ask('pg_reload_conf()');
      await until('NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)');
    },
    async promote() {
      await ask('pg_promote()');
      await until('NOT pg_is_in_recovery()');
    },
    stop: async () => void (await server.stop()),
  };
}
