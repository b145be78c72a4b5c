import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@dms/test-kit';
import { ROOT } from '../docs-markdown.ts';
import { type Manifest, MODULES } from './manifests.ts';

/** The API marks these optional, but no object is of use without them. */
const WHOLE =
  "type Whole<T> = T & Required<Pick<T, Extract<keyof T, 'apiVersion' | 'kind' | 'metadata' | 'spec' | 'data'>>>;";

const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  module: 'preserve',
  moduleResolution: 'bundler',
  types: [],
  skipLibCheck: true,
  paths: { 'kubernetes-types/*': [join(ROOT, 'packages/test-kit/node_modules/kubernetes-types/*')] },
};

/** What TypeScript has to say about each set of manifests, written as literals of the API's types: unknown fields, wrong types,
 *  missing fields. One run of the compiler for all sets; the answers are in their order. */
export async function typeProblems(sets: readonly (readonly Manifest[])[]): Promise<readonly (readonly string[])[]> {
  const directory = await temporaryDirectory();
  mkdirSync(join(directory, 'sets'));
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  for (const [index, set] of sets.entries()) writeFileSync(join(directory, 'sets', `${index}.ts`), sourceOf(set));

  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', '.', '--pretty', 'false'], {
    cwd: directory,
    encoding: 'utf8',
  });
  const found = [...stdout.matchAll(/^sets\/(\d+)\.ts\(\d+,\d+\): (.*)$/gm)];
  if (status !== 0 && found.length === 0) throw new Error(`the compiler failed: ${stdout}`);
  return sets.map((_, index) => found.flatMap(([, set, problem = '']) => (Number(set) === index ? [problem] : [])));
}

function sourceOf(manifests: readonly Manifest[]): string {
  const declarations = manifests.map((manifest, index) => {
    const kind = manifest.kind ?? 'ConfigMap';
    const type = `Whole<import('kubernetes-types/${MODULES[kind]}').${kind}>`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
  });
  return [WHOLE, ...declarations, ''].join('\n');
}
