import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A script on disk until it is closed. */
export function writeScript(lines: readonly unknown[]): { readonly file: string; readonly close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-script-'));
  const file = join(folder, 'script.ndjson');
  writeFileSync(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return { file, close: () => rmSync(folder, { recursive: true, force: true }) };
}
