import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { copyDeclarations } from './copy-declarations.ts';

// `pnpm pack:client [FOLDER]`: writes the package as it is published, with everything it needs inside and no dependency.
// Then `npm pack FOLDER` makes the tarball.

const SOURCE = resolve(import.meta.dirname, '../..');
const ROOT = resolve(SOURCE, '../..');

const target = resolve(process.argv[2] ?? join(SOURCE, 'dist/package'));
rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'dist'), { recursive: true });

const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-b', join(SOURCE, 'tsconfig.node.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

await bundle(SOURCE, join(target, 'dist'));
const discordTypes = join(SOURCE, 'node_modules/discord-api-types/payloads/v10/index.d.ts');
const protocol = join(SOURCE, 'node_modules/@dms/protocol/dist/vocabulary.d.ts');
const bundled = new Map([
  ['@dms/protocol', protocol],
  ['@dms/protocol/vocabulary', protocol],
  ['discord-api-types/payloads/v10', discordTypes],
]);
copyDeclarations(['index.d.ts', 'testing/index.d.ts'], { own: join(SOURCE, 'dist'), bundled }, join(target, 'dist'));
copyFileSync(join(SOURCE, 'README.md'), join(target, 'README.md'));
copyFileSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'));
writeFileSync(join(target, 'package.json'), `${JSON.stringify(publishedManifest(), null, 2)}\n`);
process.stdout.write(`${target}\n`);

/** What the workspace says of the package, with the entries of the bundles and without what only the workspace needs. */
function publishedManifest() {
  const { name, version, description, license, type, sideEffects } = JSON.parse(
    readFileSync(join(SOURCE, 'package.json'), 'utf8'),
  );
  return {
    ...{ name, version, description, license, type, sideEffects },
    keywords: ['discord', 'stream', 'websocket', 'events'],
    engines: { node: '>=20' },
    bin: { dms: './dist/cli.js' },
    exports: {
      '.': { types: './dist/index.d.ts', node: './dist/node.js', default: './dist/index.js' },
      './testing': { types: './dist/testing/index.d.ts', default: './dist/testing.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'THIRD-PARTY-LICENSES'],
  };
}
