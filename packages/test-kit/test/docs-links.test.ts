import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchorOf, objectOf, prose, ROOT, readText, repositoryFiles } from './docs-markdown.ts';

const documents = repositoryFiles(/^(README|docs\/([A-Z]+|kubernetes\/README))\.md$/);
const scripts = objectOf(objectOf(JSON.parse(readText('package.json'))).scripts);
const PNPM_COMMANDS = ['install', 'run', 'exec'];

const anchorsOf = (path: string): readonly string[] =>
  [...prose(readText(path)).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

/** Targets of every link that leads somewhere inside the repository. */
const relativeLinks = (path: string): readonly string[] =>
  [...prose(readText(path)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

it('finds the documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/ARCHITECTURE.md', 'docs/PROTOCOL.md']));
});

describe.each(documents)('%s', (document) => {
  it('links only to files and headings that exist', () => {
    const broken = relativeLinks(document).filter((target) => {
      const [path = '', anchor] = target.split('#');
      const linked = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && linked.endsWith('.md') && !anchorsOf(linked).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names only commands that exist', () => {
    const named = [...readText(document).matchAll(/\bpnpm(?:@[\d.]+)? ([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts) && !PNPM_COMMANDS.includes(name))).toEqual([]);
  });

  it('names the pnpm that package.json pins', () => {
    const pinned = objectOf(JSON.parse(readText('package.json'))).packageManager;
    const named = [...readText(document).matchAll(/\bpnpm@[\d.]+\d/g)].map(([text]) => text);
    expect(named.filter((version) => version !== pinned)).toEqual([]);
  });
});
