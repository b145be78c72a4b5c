import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, spawnProcess, temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { ROOT, readText } from '../docs-markdown.ts';
import { parseManifests, workloadsOf } from './manifests.ts';
import { FOLDER, kubectl, render } from './rendered.ts';

const START_TIMEOUT_MS = 60_000;
const EXIT_CONFIG = 78;

/** What the files of the secret hold, by the variable that names them. */
const SECRET_VALUES: Readonly<Record<string, string>> = {
  DISCORD_TOKEN_FILE: 'simulated.bot.token',
  DATABASE_URL_FILE: 'postgresql://streamer:change-me@127.0.0.1:5432/streamer',
  REDIS_URL_FILE: 'redis://127.0.0.1:6379',
  API_KEYS_FILE: '',
};

/** What the container of `component` gets, as its process sees it. */
function environmentOf(component: string): Readonly<Record<string, string>> {
  const manifests = parseManifests(render(FOLDER));
  const workload = workloadsOf(manifests).find(({ name }) => name === `dms-${component}`);
  const { env = [], envFrom = [] } = workload?.template.spec?.containers[0] ?? {};
  const wanted = envFrom.map(({ configMapRef }) => configMapRef?.name);
  const maps = manifests.filter(({ metadata }) => wanted.includes(metadata?.name));
  return Object.fromEntries([
    ...maps.flatMap((map) => (map.kind === 'ConfigMap' ? Object.entries(map.data ?? {}) : [])),
    ...env.map(({ name, value = '' }) => [name, value]),
  ]);
}

/** Starts the program with the container's environment, its mounted files taken from `secretValues`. */
async function start(
  entry: string,
  environment: Readonly<Record<string, string>>,
  secretValues: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly complaints: readonly string[] }> {
  const directory = await temporaryDirectory();
  const files = Object.keys(environment).filter((name) => name.endsWith('_FILE'));
  for (const name of files) writeFileSync(join(directory, name), `${secretValues[name]}\n`);
  const program = await spawnProcess(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', join(ROOT, entry)],
    // Not the root: a developer's .env lies there.
    { cwd: FOLDER, env: { ...environment, ...Object.fromEntries(files.map((name) => [name, join(directory, name)])) } },
  );
  const { code } = await program.exited;
  return { code, complaints: program.stderr.split('\n').filter((line) => line !== '') };
}

/** Variables of `.env.example`, by the heading above them. */
function documentedVariables(): ReadonlyMap<string, readonly string[]> {
  const sections = readText('.env.example').split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => [
      section.split('\n')[0] ?? '',
      [...section.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name),
    ]),
  );
}

describeWith(kubectl, 'the environment of the pods', () => {
  describe.each([
    ['ingester', 'Ingester'],
    ['gateway', 'Gateway'],
  ])('%s', (service, heading) => {
    it('has only variables that the process reads', () => {
      const documented = documentedVariables();
      const known = [...(documented.get('Every process') ?? []), ...(documented.get(heading) ?? [])];
      const given = Object.keys(environmentOf(service)).map((name) => name.replace(/_FILE$/, ''));
      expect(given.filter((name) => !known.includes(name))).toEqual([]);
    });

    it(
      'is complete, and the process takes every value',
      async () => {
        // One wrong value keeps the process from starting, and must be the only thing it has to say.
        const environment = { ...environmentOf(service), LOG_LEVEL: 'none' };
        const ended = await start(`services/${service}/src/main.ts`, environment, SECRET_VALUES);
        expect(ended).toEqual({ code: EXIT_CONFIG, complaints: [expect.stringMatching(/^LOG_LEVEL /)] });
      },
      START_TIMEOUT_MS,
    );
  });

  it(
    'of the migration is the database alone, and it reads that',
    async () => {
      const environment = environmentOf('migrate');
      expect(Object.keys(environment)).toEqual(['DATABASE_URL_FILE']);
      const wrong = { DATABASE_URL_FILE: 'mysql://127.0.0.1/streamer' };
      const ended = await start('packages/event-log/src/bin/migrate.ts', environment, wrong);
      expect(ended).toEqual({ code: EXIT_CONFIG, complaints: [expect.stringMatching(/DATABASE_URL is malformed/)] });
    },
    START_TIMEOUT_MS,
  );
});
