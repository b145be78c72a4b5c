import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Environment } from './load-config.ts';

/** The environment plus what `.env` of the working directory sets, if there is one. What is set outside wins, so a variable on
 *  the command line overrides the file. */
export function withEnvFile(env: Environment, path = '.env'): Environment {
  return existsSync(path) ? { ...parseEnv(readFileSync(path, 'utf8')), ...env } : env;
}
