import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Availability } from '@dms/test-kit';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** An engine that answers, Compose with `extends`, `required` and `up --wait`, and root: the clients get addresses of their own. */
export function findDocker(): Availability<object> {
  const engine = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' });
  if (engine.status !== 0) return { available: false, reason: 'no Docker engine answers' };
  const compose = spawnSync('docker', ['compose', 'version', '--short'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = compose.stdout.replace(/^v/, '').split('.').map(Number);
  if (compose.status !== 0 || major < 2 || (major === 2 && minor < 24)) {
    return { available: false, reason: `no Docker Compose from 2.24 on (${compose.stdout.trim() || 'none'})` };
  }
  return process.getuid?.() === 0 ? { available: true } : { available: false, reason: 'not root' };
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Standard output of a program that ends well. @throws with the end of what it said otherwise. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...options.env };
  try {
    const { stdout } = await run(program, [...args], { ...options, env, maxBuffer: MAX_OUTPUT_BYTES });
    return stdout.trim();
  } catch (error) {
    const said =
      typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`${program} ${args.join(' ').slice(0, 200)}: ${said.slice(-2_000)}`);
  }
}

export const docker = (...args: readonly string[]): Promise<string> => command('docker', args);

export const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
