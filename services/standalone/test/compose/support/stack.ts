import { existsSync } from 'node:fs';
import { appendFile, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@dms/test-kit';
import { z } from 'zod';
import { controlSimulator, type SimulatorControl } from '../../support/simulator.ts';
import { copyCheckout } from './copy-checkout.ts';
import { command, docker, linesOf } from './docker.ts';

const containerSchema = z.array(
  z.object({
    Id: z.string(),
    State: z.object({ Pid: z.number(), StartedAt: z.string() }),
    Config: z.object({ User: z.string(), Env: z.array(z.string()) }),
    HostConfig: z.object({ ReadonlyRootfs: z.boolean(), CapDrop: z.array(z.string()).nullable() }),
    NetworkSettings: z.object({ Ports: z.record(z.string(), z.array(z.unknown()).nullable()) }),
  }),
);
export type Container = z.infer<typeof containerSchema>[number];

export const SERVICES = ['load-balancer', 'gateway', 'ingester', 'postgres', 'redis', 'simulator'] as const;
export type Service = (typeof SERVICES)[number];

/** The Compose project of a clean checkout, under a name and on a port of its own. */
export interface Stack {
  readonly port: number;
  /** Tag of the images that are in use. */
  readonly version: string;
  readonly simulator: SimulatorControl;
  /** Somebody says that much on Discord, beside the script. */
  say(messages: number): Promise<void>;
  compose(...args: readonly string[]): Promise<string>;
  rollingUpdate(version: string): Promise<string>;
  containers(service: Service): Promise<readonly Container[]>;
  /** Ends a container's first process as a crash would; Docker starts the container again, unlike after `docker kill`. */
  crash(container: Container): void;
  /** How many requests and streams each gateway has that the load balancer uses. */
  spread(): Promise<readonly number[]>;
  /** The JSON that a process answers with, asked in its own container, past the load balancer. */
  askInside(container: Container, port: number, path: string): Promise<unknown>;
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

/** A copy of this checkout with `.env` made from `.env.example`. Starts nothing yet. */
export async function prepareStack({ channel, script, messagesPerSecond, apiKey }: StackOptions): Promise<Stack> {
  const directory = await copyCheckout();
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
  const ownImages = () => docker('images', '--quiet', '--filter', `reference=discord-message-streamer/*:${project}*`);
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
    crash: ({ State }) => void process.kill(State.Pid, 'SIGKILL'),
    async spread() {
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
      const [header = '', ...rows] = linesOf(csv);
      const column = (name: string): number =>
        header.split(',').findIndex((title) => title.replace(/^# /, '') === name);
      const [backend = 0, server = 0, status = 0, sessions = 0] = ['pxname', 'svname', 'status', 'scur'].map(column);
      return rows
        .map((row) => row.split(','))
        .filter((row) => row[backend] === 'gateways' && /^gateway/.test(row[server] ?? '') && row[status] === 'UP')
        .map((row) => Number(row[sessions]));
    },
    async askInside({ Id }, processPort, path) {
      const code = `const answer = await fetch('http://127.0.0.1:${processPort}${path}', { headers: { 'X-API-Key': '${apiKey}' } });
        process.stdout.write(await answer.text());`;
      return JSON.parse(await ask(Id, code));
    },
    async down() {
      if (!existsSync(directory)) return [];
      await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '20');
      const images = linesOf(await ownImages());
      if (images.length > 0) await docker('rmi', '--force', ...new Set(images));
      await rm(directory, { recursive: true, force: true });
      const label = `label=com.docker.compose.project=${project}`;
      const left = await Promise.all([
        docker('ps', '--all', '--quiet', '--filter', label),
        docker('network', 'ls', '--quiet', '--filter', label),
        docker('volume', 'ls', '--quiet', '--filter', label),
        ownImages(),
      ]);
      return left.flatMap(linesOf);
    },
  };
}
