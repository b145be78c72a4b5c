import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOnFreePort } from './free-port.ts';
import { infrastructure } from './infrastructure.ts';
import { spawnProcess } from './spawn-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { unprivileged } from './unprivileged.ts';

/** A PgBouncer of our own on 127.0.0.1. */
export interface PgBouncer {
  /** The same database, through the pooler. */
  urlOf(databaseUrl: string): string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;

/** Starts it with an operator's `pgbouncer.ini`, whose last section is `[pgbouncer]`. Only what concerns this machine is replaced:
 *  where the database and the pooler are, and who may log in (the URL's user, without a password).
 *  @throws Error with the reason when this machine has none (`infrastructure.pgbouncer`). */
export async function startPgBouncer(configuration: string, databaseUrl: string): Promise<PgBouncer> {
  const { pgbouncer } = infrastructure;
  if (!pgbouncer.available) throw new Error(pgbouncer.reason);
  const directory = await temporaryDirectory(unprivileged.owner);
  const { hostname, port: databasePort, username } = new URL(databaseUrl);
  const users = join(directory, 'users.txt');
  await writeFile(users, `"${username}" ""\n`, { mode: 0o644 });
  const { port, server } = await startOnFreePort(async (freePort) => {
    const file = join(directory, `${freePort}.ini`);
    const located = configuration.replaceAll(/host=\S+ port=\d+/g, `host=${hostname} port=${databasePort}`);
    // They continue the section [pgbouncer]; of a repeated setting the last one counts.
    const ours = {
      listen_addr: '127.0.0.1',
      listen_port: freePort,
      unix_socket_dir: '',
      auth_type: 'trust',
      auth_file: users,
    };
    const lines = Object.entries(ours).map(([name, value]) => `${name} = ${value}`);
    await writeFile(file, [located, ...lines, ''].join('\n'), { mode: 0o644 });
    const started = await spawnProcess(pgbouncer.program, [file], { ...unprivileged, cwd: directory });
    try {
      await started.waitForLine(/process up/, START_TIMEOUT_MS);
      return started;
    } catch (error) {
      await started.stop(0);
      throw error;
    }
  });
  return {
    urlOf(url) {
      const pooled = new URL(url);
      pooled.host = `127.0.0.1:${port}`;
      return pooled.href;
    },
    stop: async () => void (await server.stop()),
  };
}
