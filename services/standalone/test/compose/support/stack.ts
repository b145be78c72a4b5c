import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, temporaryDirectory } from '@dms/test-kit';
import { z } from 'zod';
import { ROOT } from '../../support/programs.ts';
import { controlSimulator, type SimulatorControl } from '../../support/simulator.ts';
import { command, docker, linesOf } from './docker.ts';

const containerSchema = z.array(
  z.object({
    Id: z.string(),
    Image: z.string(),
    State: z.object({ Pid: z.number(), StartedAt: z.string() }),
    Config: z.object({ User: z.string(), Env: z.array(z.string()) }),
    HostConfig: z.object({ ReadonlyRootfs: z.boolean(), CapDrop: z.array(z.string()).nullable() }),
    NetworkSettings: z.object({ Ports: z.record(z.string(), z.array(z.unknown()).nullable()) }),
  }),
);
export type Container = z.infer<typeof containerSchema>[number];

export const SERVICES = ['load-balancer', 'gateway', 'ingester', 'postgres', 'redis', 'simulator'] as const;
export type Service = (typeof SERVICES)[number];

/** One gateway, as the load balancer sees it. */
export interface Replica {
  readonly address: string;
  readonly sessions: number;
}

/** The Compose project of a clean checkout, under a name and on a port of its own. */
export interface Stack {
  readonly port: number;
  readonly directory: string;
  /** Tag of the images that are in use. */
  readonly version: string;
  readonly simulator: SimulatorControl;
  /** Somebody says that much on Discord, beside the script. */
  say(messages: number): Promise<void>;
  compose(...args: readonly string[]): Promise<string>;
  rollingUpdate(version: string): Promise<string>;
  containers(service: Service): Promise<readonly Container[]>;
  /** Ends a container's first process as a crash would; Docker starts the container again, unlike after `docker kill`. */
  crash(container: Container, signal?: NodeJS.Signals): Promise<void>;
  /** Those that are in use. */
  replicas(): Promise<readonly Replica[]>;
  /** The answer of one replica itself, past the load balancer. */
  askGateway(container: Container, path: string): Promise<string>;
  /** Of an ingester: `active` or `standby`. */
  roleOf(container: Container): Promise<string>;
  /** Removes everything of the project; returns what is left of it nevertheless. */
  down(): Promise<readonly string[]>;
}

export interface StackOptions {
  /** One that the script knows. */
  readonly channel: string;
  /** Simulator script. */
  readonly script: string;
  readonly messagesPerSecond: number;
  readonly apiKey: string;
}

/** Copies what git knows of this checkout, which is what a clean clone has, plus what is not committed yet; makes `.env` from
 *  `.env.example`. Starts nothing yet. */
export async function prepareStack({ channel, script, messagesPerSecond, apiKey }: StackOptions): Promise<Stack> {
  const directory = join(await temporaryDirectory(), 'clone');
  await mkdir(directory);
  for (const path of linesOf(
    await command('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT }),
  )) {
    if (existsSync(join(ROOT, path))) await cp(join(ROOT, path), join(directory, path), { recursive: true });
  }
  await cp(join(directory, '.env.example'), join(directory, '.env'));
  const port = await freePort();
  const project = `dms-proof-${process.pid}`;
  let version = project;
  await appendFile(
    join(directory, '.env'),
    [
      `LOAD_BALANCER_PORT=${port}`,
      `SIMULATOR_SCRIPT=${script}`,
      `SIMULATOR_RATE=${messagesPerSecond}`,
      `API_KEY=${apiKey}`,
      '',
    ].join('\n'),
  );

  const env = () => ({ COMPOSE_PROJECT_NAME: project, VERSION: version });
  const compose = (...args: readonly string[]) =>
    command('docker', ['compose', '--progress=quiet', ...args], { cwd: directory, env: env() });
  const containers = async (service: Service): Promise<readonly Container[]> => {
    const ids = linesOf(await compose('ps', '--quiet', service));
    return ids.length === 0 ? [] : containerSchema.parse(JSON.parse(await docker('inspect', ...ids)));
  };
  const ask = (container: string, code: string) => docker('exec', container, 'node', '--input-type=module', '-e', code);

  const simulator = controlSimulator(async (method, path, body) => {
    const [container] = await containers('simulator');
    const options = JSON.stringify({ method, body });
    const code = `const answer = await fetch('http://127.0.0.1:4590/_sim${path}', ${options});
      process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1;`;
    return ask(container?.Id ?? '', code);
  });

  return {
    port,
    directory,
    get version() {
      return version;
    },
    simulator,
    async say(messages) {
      const [container] = await containers('simulator');
      const body = JSON.stringify({ channel, user: 'Brook', text: 'drop' });
      const code = `for (let said = 0; said < ${messages}; said += 1) {
        const answer = await fetch('http://127.0.0.1:4590/_sim/messages', { method: 'POST', body: ${JSON.stringify(body)} });
        if (!answer.ok) throw new Error(await answer.text());
      }`;
      await ask(container?.Id ?? '', code);
    },
    compose,
    containers,
    async rollingUpdate(next) {
      version = next;
      await compose('build');
      return command(join(directory, 'services/load-balancer/rolling-update'), [], { env: env() });
    },
    async crash(container, signal = 'SIGKILL') {
      process.kill(container.State.Pid, signal);
    },
    async replicas() {
      const csv = await compose(
        'exec',
        '-T',
        'load-balancer',
        'wget',
        '-q',
        '-O',
        '-',
        'http://127.0.0.1:8404/stats;csv',
      );
      const [header = '', ...rows] = linesOf(csv).map((line) => line.split(','));
      const column = (name: string): number => [...header].findIndex((title) => title.replace(/^# /, '') === name);
      const [backend, server, status, sessions, address] = ['pxname', 'svname', 'status', 'scur', 'addr'].map(column);
      return rows
        .filter(
          (row) =>
            row[backend ?? 0] === 'gateways' && /^gateway/.test(row[server ?? 0] ?? '') && row[status ?? 0] === 'UP',
        )
        .map((row) => ({ address: row[address ?? 0] ?? '', sessions: Number(row[sessions ?? 0]) }));
    },
    askGateway: (container, path) =>
      ask(
        container.Id,
        `const answer = await fetch('http://127.0.0.1:3000${path}', { headers: { 'X-API-Key': '${apiKey}' } });
         process.stdout.write(await answer.text());`,
      ),
    async roleOf({ Id }) {
      const answer = await ask(
        Id,
        `process.stdout.write(await (await fetch('http://127.0.0.1:9464/health/ready')).text());`,
      );
      return z.object({ role: z.string() }).parse(JSON.parse(answer)).role;
    },
    async down() {
      if (!existsSync(directory)) return [];
      await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '20');
      const images = linesOf(
        await docker('images', '--quiet', '--filter', `reference=discord-message-streamer/*:${project}*`),
      );
      if (images.length > 0) await docker('rmi', '--force', ...new Set(images));
      await rm(directory, { recursive: true, force: true });
      const label = `label=com.docker.compose.project=${project}`;
      const left = await Promise.all([
        docker('ps', '--all', '--quiet', '--filter', label),
        docker('network', 'ls', '--quiet', '--filter', label),
        docker('volume', 'ls', '--quiet', '--filter', label),
        docker('images', '--quiet', '--filter', `reference=discord-message-streamer/*:${project}*`),
      ]);
      return left.flatMap(linesOf);
    },
  };
}
