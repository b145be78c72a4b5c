import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAX_LINES = 300;

const trackedFiles = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  // Deleted but not yet committed: git still lists it.
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const sources = trackedFiles.filter((path) =>
  /^(packages|services)\/[^/]+\/(src|worker|viewer)\/.*\.(ts|mjs|js|css)$/.test(path),
);
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Which files may know a vendor: one each, Prisma one package. */
const VENDORS: Readonly<Record<string, RegExp>> = {
  'discord.js': /^services\/ingester\/src\/discord-(session|rest)\.ts$/,
  // In the benchmarks: peers, which have to be what others write, and who feeds them.
  ioredis:
    /^(packages\/broker\/src\/(redis-[a-z-]+|count-scripts)\.ts$|packages\/bench\/src\/workers\/(peers\/|publisher\.ts$))/,
  winston: /^packages\/runtime\/src\/logger\.ts$/,
  'prom-client': /^packages\/runtime\/src\/metrics\.ts$/,
  // A peer of the benchmarks, which has to be what others write.
  express: /^(services\/gateway\/src\/http\/|packages\/event-log\/src\/bin\/naive-history\.ts$)/,
  '@prisma/': /^packages\/event-log\//,
  '@electric-sql/': /^packages\/embedded-database\//,
};

/** What each package may import of ours (DESIGN §2). `package.json` is the rule; this is the rule for `package.json`. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  runtime: [],
  'embedded-database': [],
  'discord-simulator': [],
  'event-log': ['protocol'],
  broker: ['protocol'],
  client: ['protocol'],
  'test-kit': ['protocol'],
  // `broker`: benchmarks of the fan-out publish as an ingester does.
  bench: ['protocol', 'broker', 'test-kit', 'embedded-database'],
  ingester: ['protocol', 'event-log', 'broker', 'runtime'],
  gateway: ['protocol', 'event-log', 'broker', 'runtime'],
  standalone: [
    'protocol',
    'event-log',
    'broker',
    'runtime',
    'embedded-database',
    'discord-simulator',
    'ingester',
    'gateway',
  ],
};

const members = ['packages', 'services'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .map((name) => ({ name, path: `${folder}/${name}` }))
    // The load balancer is configuration only.
    .filter(({ path }) => existsSync(join(ROOT, path, 'package.json'))),
);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

function manifestOf(path: string): Manifest {
  const manifest: unknown = JSON.parse(read(`${path}/package.json`));
  const dependencies: Record<string, string> = {};
  if (typeof manifest === 'object' && manifest !== null && 'dependencies' in manifest) {
    Object.assign(dependencies, manifest.dependencies);
  }
  return { dependencies };
}

describe('the house', () => {
  it('keeps every source file within what fits in the head', () => {
    const tooLong = sources
      .map((path) => ({ path, lines: read(path).split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(tooLong).toEqual([]);
  });

  it.each(Object.entries(VENDORS))('lets one place alone know %s', (vendor, place) => {
    const importsVendor = new RegExp(`(?:from|import\\()\\s*['"]${vendor.replace('/', '\\/')}`);
    const strangers = sources.filter((path) => importsVendor.test(read(path)) && !place.test(path));
    expect(strangers).toEqual([]);
  });

  it('reads the environment in composition roots and owns signals in one file', () => {
    const readsEnvironment = sources.filter(
      (path) => /process\.env\b/.test(read(path)) && !/\/(main|bin\/[^/]+)\.ts$/.test(path),
    );
    const ownsSignals = sources.filter((path) => /process\.(on|once)\((?!'message')/.test(read(path)));
    expect(readsEnvironment.filter((path) => !path.startsWith('packages/test-kit/'))).toEqual([]);
    expect(ownsSignals.filter((path) => !path.startsWith('packages/test-kit/'))).toEqual([
      // Command line tools, which may not depend on the services' runtime.
      'packages/bench/src/main.ts',
      // A peer that would not end by itself.
      'packages/bench/src/workers/peers/uws.ts',
      'packages/client/src/cli/main.ts',
      'packages/discord-simulator/src/main.ts',
      'packages/runtime/src/run-service.ts',
    ]);
  });

  it('has no default exports, no enums and no escape from the type checker', () => {
    const forbidden = /^export default|^\s*(?:export )?enum |@ts-(?:ignore|expect-error)/m;
    const offenders = sources.filter((path) => path.endsWith('.ts') && forbidden.test(read(path)));
    expect(offenders).toEqual([]);
  });

  it.each(members)('lets $name import only what the design allows', ({ name, path }) => {
    const ours = Object.keys(manifestOf(path).dependencies)
      .filter((dependency) => dependency.startsWith('@dms/'))
      .map((dependency) => dependency.slice('@dms/'.length));
    expect(ours.filter((dependency) => !(ALLOWED[name] ?? []).includes(dependency))).toEqual([]);
  });

  it('has no runtime dependency at the root, where every package would see it', () => {
    expect(manifestOf('.').dependencies).toEqual({});
  });
});

describe('a broken import direction fails to compile', () => {
  const directory = join(ROOT, 'packages/protocol/.compile-check');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Compiles `source` as if it stood in `packages/protocol/src`. */
  function compile(source: string): { readonly isAccepted: boolean; readonly output: string } {
    mkdirSync(join(directory, 'src'), { recursive: true });
    writeFileSync(join(directory, 'src/probe.ts'), source);
    const config = {
      extends: '../tsconfig.json',
      compilerOptions: { noEmit: true, composite: false, incremental: false, rootDir: '..', tsBuildInfoFile: null },
      include: ['src'],
      references: [],
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', directory],
      { encoding: 'utf8' },
    );
    return { isAccepted: status === 0, output: stdout };
  }

  it('accepts what a package may do', () => {
    expect(compile(`import { z } from 'zod';\nexport const schema = z.string();\n`)).toEqual({
      isAccepted: true,
      output: '',
    });
  });

  it.each([
    [
      'a workspace package it does not declare',
      `import '@dms/event-log';\nimport { openEventLog } from '@dms/event-log';\nexport const x = openEventLog;\n`,
    ],
    ['an npm package it does not declare', `import { WebSocket } from 'ws';\nexport const x = WebSocket;\n`],
    ['Node inside an isomorphic package', `export const x = process.pid;\n`],
  ])('refuses %s', (_title, source) => {
    expect(compile(source).isAccepted).toBe(false);
  });
});

describe('the top level', () => {
  it('holds what the design names and nothing else', () => {
    const tops = new Set(trackedFiles.map((path) => relative('.', path).split('/')[0] ?? ''));
    const allowed = [
      'services',
      'packages',
      'prisma',
      'docs',
      'docker-compose.yml',
      'package.json',
      'pnpm-workspace.yaml',
      'tsconfig.base.json',
      '.env.example',
      'README.md',
      'LICENSE',
      'pnpm-lock.yaml',
      '.ci',
      // Config files that tools insist on finding here.
      '.gitignore',
      '.gitattributes',
      '.dockerignore',
      'Dockerfile',
      'biome.json',
      'jest.config.mjs',
      'prisma.config.ts',
      'tsconfig.json',
      'tsconfig.test.json',
    ];
    expect([...tops].filter((name) => !allowed.includes(name))).toEqual([]);
  });
});
