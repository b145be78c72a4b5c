import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './report.ts';

interface Count {
  files: number;
  lines: number;
  code: number;
}

const CODE_FILE = /^((?:packages|services)\/[^/]+)\/(src|worker|public|test)\/.*\.(?:ts|mjs|js|html|css|sql)$/;

/** Lines of every package as git knows its files, not yet committed ones included; what is generated or ignored is not ours. */
export function countLines(root: string): Report {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  const counts = new Map<string, { readonly src: Count; readonly test: Count }>();
  for (const file of files) {
    const [, place, folder] = CODE_FILE.exec(file) ?? [];
    if (place === undefined) continue;
    const count = counts.get(place) ?? { src: { files: 0, lines: 0, code: 0 }, test: { files: 0, lines: 0, code: 0 } };
    counts.set(place, count);
    addFile(folder === 'test' ? count.test : count.src, join(root, file));
  }
  const packages = [...counts].sort(([a], [b]) => a.localeCompare(b));
  const rows = packages.map(([place, { src, test }]) => [
    place,
    src.files,
    src.lines,
    src.code,
    test.files,
    test.lines,
    test.code,
  ]);
  const total = [1, 2, 3, 4, 5, 6].map((column) => rows.reduce((sum, row) => sum + Number(row[column]), 0));
  return {
    title: 'Lines of each package',
    columns: ['package', 'src files', 'lines', 'code', 'test files', 'lines', 'code'],
    rows: [...rows, ['all', ...total]],
    notes: ['code: without blank lines and lines that are only comment'],
    figures: Object.fromEntries(packages),
  };
}

function addFile(count: Count, path: string): void {
  const lines = readTracked(path).split('\n').slice(0, -1);
  count.files += 1;
  count.lines += lines.length;
  count.code += lines.filter((line) => !/^\s*(?:$|\/\/|\/\*|\*)/.test(line)).length;
}

/** A tracked file may be deleted in the working tree. */
function readTracked(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
