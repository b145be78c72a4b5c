import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const VIEWER = import.meta.dirname;
/** OBS Studio 27.2 and later bring Chromium 95 or newer; nothing else in use is older. */
const TARGET = ['chrome95', 'firefox102', 'safari15.4'];

/** Writes the viewer (`/`), the overlay, the website widget and what stands in `static` into `directory`, which is emptied first. Takes about 0.1 s. */
export async function bundleViewer(directory) {
  await rm(directory, { recursive: true, force: true });
  await cp(join(VIEWER, 'static'), directory, { recursive: true });
  const shared = {
    bundle: true,
    minify: true,
    target: TARGET,
    conditions: ['source'],
    outdir: directory,
    // Of a page made from these sources nothing may depend on where they lay.
    absWorkingDir: VIEWER,
    logLevel: 'warning',
  };
  await build({
    ...shared,
    format: 'esm',
    entryPoints: {
      viewer: 'app/main.ts',
      overlay: 'overlay/main.ts',
      'viewer-style': 'styles/viewer.css',
      'overlay-style': 'styles/overlay.css',
    },
  });
  const style = await build({ ...shared, entryPoints: ['styles/embed.css'], write: false });
  const define = { EMBED_CSS: JSON.stringify(style.outputFiles[0].text.trim()) };
  // A classic script: any page may name it, and it can tell where it came from.
  await build({ ...shared, format: 'iife', define, entryPoints: { embed: 'embed/main.ts' } });
}

if (argv[1] === fileURLToPath(import.meta.url)) await bundleViewer(join(VIEWER, '../public'));
