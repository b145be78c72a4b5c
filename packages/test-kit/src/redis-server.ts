import { startOnFreePort } from './free-port.ts';
import { type RedisProcess, startRedisProcess } from './redis-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A Redis of our own on 127.0.0.1, without persistence: a restart comes back empty. */
export interface RedisServer extends RedisProcess {
  readonly url: string;
  flushAll(): Promise<void>;
}

export interface RedisOptions {
  /** Extra directives, e.g. `{ 'client-output-buffer-limit': 'pubsub 64kb 64kb 1' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** @throws Error with the reason when this machine has no Redis program (`infrastructure.redisProcess`). */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { server } = await startOnFreePort((port) => startRedisServer(port, options.settings));
  return server;
}

/** The same on a given port. A `requirepass` among the settings is what its `command` logs in with. */
export async function startRedisServer(
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<RedisServer> {
  const directory = await temporaryDirectory();
  const fixed = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: directory };
  const directives = Object.entries({ ...fixed, ...settings });
  const args = directives.flatMap(([name, value]) => [`--${name}`, ...(value === '' ? [''] : value.split(' '))]);
  const process = await startRedisProcess(port, args, settings.requirepass);
  return Object.assign(process, {
    url: `redis://127.0.0.1:${port}`,
    async flushAll() {
      await process.command('FLUSHALL');
    },
  });
}
