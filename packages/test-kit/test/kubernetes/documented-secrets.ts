import { codeIn, readText, sectionOf, tableRows } from '../docs-markdown.ts';
import type { Secrets } from './pod-problems.ts';

/** The secrets that README tells to make. A certificate has the keys that `kubectl create secret tls` gives it, the other one
 *  those of the table. */
export function documentedSecrets(): Secrets {
  const readme = readText('docs/kubernetes/README.md');
  // Inside a list a table is indented.
  const table = sectionOf(readme, 'Set').replace(/^ +\|/gm, '|');
  const keys = tableRows(table).flatMap(([key = '']) => codeIn(key));
  const commands = [...readme.matchAll(/kubectl create secret (generic|tls) (\S+)/g)];
  return new Map(commands.map(([, type, name = '']) => [name, type === 'tls' ? ['tls.crt', 'tls.key'] : keys]));
}
