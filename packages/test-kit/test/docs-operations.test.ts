import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Availability, describeWith, temporaryDirectory } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { documentedVariables } from './docs-configuration.ts';
import {
  codeIn,
  fencedBlocks,
  objectOf,
  prose,
  ROOT,
  readText,
  repositoryFiles,
  sectionOf,
  tableRows,
} from './docs-markdown.ts';

const page = readText('docs/OPERATIONS.md');
const sources = repositoryFiles(/^(packages|services)\/[^/]+\/src\/.*\.ts$/)
  .map(readText)
  .join('\n');
const composeFile = readText('docker-compose.yml');
const services = Object.keys(objectOf(objectOf(parse(composeFile, { merge: true })).services));
const blocks = fencedBlocks(page, 'yaml');
const overrides = blocks.filter((block) => block.startsWith('services:'));

describe('OPERATIONS.md', () => {
  it('names every metric of the product and no other', () => {
    const defined = [...sources.matchAll(/name: '(dms_[a-z_]+)'/g)].map(([, name]) => name);
    const table = tableRows(sectionOf(page, 'Metrics and alarms')).flatMap(([first = '']) => codeIn(first));
    expect(table.filter((name) => name.startsWith('dms_')).sort()).toEqual(defined.sort());
    const used = [...page.matchAll(/\bdms_[a-z_]+/g)].map(([name]) => name);
    expect(used.filter((name) => !defined.includes(name))).toEqual([]);
  });

  it('quotes logs and health in the words of the sources', () => {
    const signs = tableRows(sectionOf(page, 'When something fails')).flatMap(([first = '']) => codeIn(first));
    const sentences = signs.filter((sign) => sign.includes(' '));
    expect(sentences.length).toBeGreaterThan(10);
    // What is waited for is filled in.
    const known = `${sources}\nwaiting for database`;
    expect(sentences.filter((sentence) => !known.includes(sentence))).toEqual([]);
  });

  it('names only variables that are read by somebody', () => {
    const documented = [...documentedVariables().values()].flat();
    const known = new Set([
      ...documented,
      ...documented.map((name) => `${name}_FILE`),
      'COMPOSE_FILE',
      'COMPOSE_PROFILES',
    ]);
    const inText = codeIn(prose(page)).flatMap((code) => /^([A-Z]+(?:_[A-Z]+)+)(?:=|$)/.exec(code)?.[1] ?? []);
    const inShell = fencedBlocks(page, 'sh').flatMap((block) =>
      [...block.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name),
    );
    expect(inText.length).toBeGreaterThan(5);
    expect([...inText, ...inShell].filter((name) => !known.has(name))).toEqual([]);
  });

  it('names only services that exist', () => {
    const commands = [...page.matchAll(/docker compose (?:exec|stop|kill|run|pull|logs)\b([^\n`|&]*)/g)];
    const named = commands.flatMap(([, rest = '']) => {
      const words = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'));
      return words.find((word) => services.includes(word)) === undefined ? [rest] : [];
    });
    expect(commands.length).toBeGreaterThan(10);
    expect(named).toEqual([]);
  });

  it('has YAML that can be read', () => {
    expect(overrides.length).toBeGreaterThan(2);
    for (const block of blocks) expect(() => parse(block)).not.toThrow();
  });
});

function findCompose(): Availability<object> {
  const { status } = spawnSync('docker', ['compose', 'version']);
  return status === 0 ? { available: true } : { available: false, reason: 'no Docker Compose' };
}

describeWith(findCompose(), 'the overrides of OPERATIONS.md', () => {
  const readers = overrides.find((override) => override.includes('profiles: [elsewhere]')) ?? '';

  /** What Compose makes of docker-compose.yml with some of them. */
  async function configure(...chosen: readonly string[]) {
    const directory = await temporaryDirectory();
    const files = chosen.map((override, index) => {
      const file = join(directory, `${index}.yaml`);
      writeFileSync(file, override);
      return file;
    });
    const { PATH = '', HOME = '' } = process.env;
    const settings = {
      COMPOSE_PROFILES: 'ingester',
      DISCORD_TOKEN: 'a.b.c',
      POOLED_DATABASE_URL: 'postgresql://pooler/',
    };
    const given = ['docker-compose.yml', ...files].flatMap((file) => ['--file', file]);
    const args = ['compose', '--env-file', '/dev/null', ...given, 'config', '--format', 'json'];
    const { status, stdout, stderr } = spawnSync('docker', args, {
      cwd: ROOT,
      env: { PATH, HOME, ...settings },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return objectOf(JSON.parse(stdout));
  }

  it.each(overrides)('are accepted on a host of readers: %#', async (override) => {
    expect(Object.keys(objectOf((await configure(readers, override)).services))).toContain('gateway');
  });

  it('leave a host of readers with what reads, and a way out for it', async () => {
    const configured = await configure(readers);
    const all = objectOf(configured.services);
    expect(Object.keys(all).sort()).toEqual(['credentials', 'gateway', 'ingester', 'load-balancer', 'migrate']);
    const networks = objectOf(configured.networks);
    for (const name of ['gateway', 'ingester', 'migrate']) {
      const joined = Object.keys(objectOf(objectOf(all[name]).networks));
      expect([name, joined.some((network) => objectOf(networks[network]).internal !== true)]).toEqual([name, true]);
    }
  });
});
