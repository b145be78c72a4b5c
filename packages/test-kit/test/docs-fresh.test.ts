import { type Exit, spawnProcess } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { documentedVariables } from './docs-configuration.ts';
import { ROOT, readText } from './docs-markdown.ts';

const START_TIMEOUT_MS = 60_000;
const EXIT_CONFIG = 78;

interface Ended extends Exit {
  readonly output: string;
  /** First words of what it wrote to standard error. */
  readonly complaints: readonly string[];
}

/** Runs a program that ends by itself, as the root's scripts do. */
async function run(entry: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const flags = ['--import', 'tsx', '--conditions=source', entry];
  const program = await spawnProcess(process.execPath, [...flags, ...args], { cwd: ROOT, env });
  const exit = await program.exited;
  const lines = program.stderr.split('\n').filter((line) => line !== '');
  return {
    ...exit,
    output: program.stdout + program.stderr,
    complaints: lines.map((line) => line.split(' ')[0] ?? ''),
  };
}

describe('what is generated', () => {
  it(
    'is as the settings say',
    async () => {
      const { output, code } = await run('services/standalone/src/bin/generate-docs.ts', ['--check']);
      expect({ output, code }).toEqual({ output: '', code: 0 });
    },
    START_TIMEOUT_MS,
  );
});

describe('the configuration', () => {
  const groups = documentedVariables();
  const all = [...groups.values()].flat();

  it.each([
    ['standalone', ['Every process', 'Ingester', 'Gateway', 'Standalone only']],
    ['ingester', ['Every process', 'Ingester', 'Ingester in a cluster only']],
    ['gateway', ['Every process', 'Gateway']],
  ])(
    'of the %s is what the process itself reads',
    async (name, titles) => {
      // A process names every variable whose file is missing, all at once.
      const env = Object.fromEntries(all.map((variable) => [`${variable}_FILE`, '/nonexistent/value']));
      const { complaints, code } = await run(`services/${name}/src/main.ts`, [], env);
      expect(code).toBe(EXIT_CONFIG);
      expect([...complaints].sort()).toEqual(titles.flatMap((title) => groups.get(title) ?? []).sort());
    },
    START_TIMEOUT_MS,
  );

  it(
    'boots as .env.example gives it: every line is accepted once it is uncommented',
    async () => {
      const lines = readText('.env.example').matchAll(/^# ([A-Z_]+)=(.*)$/gm);
      const values = Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
      expect(Object.keys(values).sort()).toEqual([...all].sort());
      // One wrong value keeps the process from starting, and must be the only thing it has to say.
      const { complaints, code } = await run('services/standalone/src/main.ts', [], { ...values, LOG_LEVEL: 'none' });
      expect({ complaints, code }).toEqual({ complaints: ['LOG_LEVEL'], code: EXIT_CONFIG });
    },
    START_TIMEOUT_MS,
  );

  it('of .env.example changes nothing as long as nobody edits it', () => {
    const active = readText('.env.example')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(active).toEqual([]);
  });
});
