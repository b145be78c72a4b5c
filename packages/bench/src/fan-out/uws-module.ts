import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The npm package with uWebSockets.js's binaries for Node 20. */
const PACKAGE = '@rjweb/uws';
const VERSION = '1.5.0';
const INSTALL_TIMEOUT_MS = 180_000;

/** Where the module is, installed into `packages/bench/node_modules` when it is first wanted: with its 92 MB it is no dependency,
 *  because whoever starts the product would download it. @throws when npm cannot install it. */
export async function installUws(root: string): Promise<string> {
  const prefix = join(root, 'packages/bench/node_modules/.cache/uws');
  const module = join(prefix, 'node_modules', PACKAGE);
  if (!existsSync(module)) {
    const args = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`];
    await promisify(execFile)('npm', args, { timeout: INSTALL_TIMEOUT_MS });
  }
  return module;
}
