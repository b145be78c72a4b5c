import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { packageName, packageRoot } from './copy-declarations.ts';

/** Packages written for CommonJS ask for Node's modules with `require`, which an ES module has to make first. */
const REQUIRE =
  "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);";
/** Looked for by libraries that can do without. */
const OPTIONAL = ['bufferutil', 'utf-8-validate', 'pg-native', 'pg-cloudflare'];

/** Writes `index.js` for browsers, and `node.js`, `testing.js` and `cli.js`, which share what they have in common. */
export async function bundle(source: string, target: string): Promise<void> {
  const common: BuildOptions & { readonly metafile: true } = {
    bundle: true,
    format: 'esm',
    conditions: ['source'],
    metafile: true,
    outdir: target,
    absWorkingDir: source,
    logLevel: 'warning',
  };
  const portable = await build({
    ...common,
    entryPoints: { index: 'src/index.ts' },
    target: 'es2022',
    minify: true,
    sourcemap: true,
  });
  const forNode = await build({
    ...common,
    entryPoints: { node: 'src/node/index.ts', testing: 'src/testing/index.ts', cli: 'src/cli/main.ts' },
    platform: 'node',
    target: 'node20',
    splitting: true,
    chunkNames: 'shared-[hash]',
    external: OPTIONAL,
    banner: { js: REQUIRE },
  });
  writeFileSync(join(target, '../THIRD-PARTY-LICENSES'), licensesOf([portable.metafile, forNode.metafile], source));
}

/** The licence of every package whose code is in the bundles, and of the types that come along. */
function licensesOf(metafiles: readonly Metafile[], source: string): string {
  const inputs = metafiles
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((file) => file.includes('node_modules/'));
  const types = join(source, 'node_modules/discord-api-types/v10.js');
  const roots = new Map(
    [...inputs.map((file) => resolve(source, file)), types].map((file) => {
      const root = packageRoot(file);
      return [packageName(root) ?? root, root] as const;
    }),
  );
  const texts = [...roots].sort().map(([name, root]) => {
    const file = readdirSync(root).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file !== undefined && existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
    return `## ${name}\n\n${text.trim() || 'MIT'}\n`;
  });
  return `The bundles contain code of these packages.\n\n${texts.join('\n')}`;
}
