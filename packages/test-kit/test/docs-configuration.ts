import { codeIn, readText, tableRows } from './docs-markdown.ts';

/** The variables of README's configuration, by the bold title above their table. */
export function documentedVariables(): ReadonlyMap<string, readonly string[]> {
  const [, configuration = ''] = readText('README.md').split(/<!-- (?:configuration|end of configuration).*-->/);
  const groups = configuration.split(/^\*\*(.+)\*\*$/m).slice(1);
  const titles = groups.filter((_, index) => index % 2 === 0);
  const tables = groups.filter((_, index) => index % 2 === 1);
  return new Map(
    titles.map((title, index) => [title, tableRows(tables[index] ?? '').flatMap(([name = '']) => codeIn(name))]),
  );
}
