import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { prose, ROOT, readText, repositoryFiles } from './docs-markdown.ts';

const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'];

interface NamedTest {
  readonly path: string;
  readonly title: string;
}

/** Of each invariant in GUARANTEES.md: the tests its section names, as `- [path](../path): title`. */
const documented: ReadonlyMap<string, readonly NamedTest[]> = new Map(
  prose(readText('docs/GUARANTEES.md'))
    .split(/^## (?=I\d)/m)
    .slice(1)
    .map((section) => {
      const named = section.matchAll(/^- \[`?([^\]`]+)`?\]\(\.\.\/\1\): (.+)$/gm);
      const id = /^I\d+/.exec(section)?.[0] ?? '';
      return [id, [...named].map(([, path = '', title = '']) => ({ path, title: title.trim() }))];
    }),
);

/** Ids at the beginning of a title: `I5: …`, `I1, I2: …` or `I1–I7: …`. */
function idsOf(title: string): readonly string[] {
  const ids = /^((?:I\d+(?:, | and |–)?)+)\b/.exec(title)?.[1] ?? '';
  return [...ids.matchAll(/(I\d+)(?:–I(\d+))?/g)].flatMap(([, first = '', last]) => {
    const from = Number(first.slice(1));
    const to = last === undefined ? from : Number(last);
    return Array.from({ length: to - from + 1 }, (_, index) => `I${from + index}`);
  });
}

/** Titles that begin with an invariant's id, in everything that tests consist of. */
const testFiles = repositoryFiles(/^(packages|services)\/[^/]+\/test\/.*\.ts$/).filter(
  (path) => !path.startsWith('packages/test-kit/test/docs-'),
);
const titlesIn = (path: string): readonly string[] =>
  [...readText(path).matchAll(/(['"`])(I\d+[^\n]*?)(?<!\\)\1/g)].map(([, , title = '']) => title);

describe('GUARANTEES.md', () => {
  it('defines the nine invariants', () => {
    expect([...documented.keys()]).toEqual(INVARIANTS);
  });

  it.each(INVARIANTS)('names tests for %s that exist and carry its id', (id) => {
    const tests = documented.get(id) ?? [];
    expect(tests.length).toBeGreaterThan(0);
    const wrong = tests.filter(({ path, title }) => {
      if (!existsSync(join(ROOT, path)) || !testFiles.includes(path)) return true;
      return !idsOf(title).includes(id) || !titlesIn(path).includes(title);
    });
    expect(wrong).toEqual([]);
  });

  it('defines every id that a test carries', () => {
    const carried = testFiles.flatMap((path) => titlesIn(path).map((title) => ({ path, title, ids: idsOf(title) })));
    expect(carried.length).toBeGreaterThan(INVARIANTS.length);
    expect(carried.filter(({ ids }) => ids.some((id) => !documented.has(id)))).toEqual([]);
  });
});
