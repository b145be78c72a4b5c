import { readFileSync } from 'node:fs';
import { isError } from './is-error.ts';
import type { ConfigOf, Setting, Settings } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What is wrong with one variable; reads on from its name: `PORT must be …`. */
export interface ConfigProblem {
  readonly name: string;
  readonly problem: string;
}

export type LoadedConfig<S extends Settings> =
  | { readonly ok: true; readonly config: ConfigOf<S> }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads every setting from `env` and reports all problems at once. An empty value counts as absent. `X_FILE` names a file that
 *  holds the value of `X` (its trailing line break is dropped); giving both is a problem. A secret's value is never repeated. */
export function loadConfig<S extends Settings>(settings: S, env: Environment): LoadedConfig<S> {
  const values: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const result = readSetting(name, setting, env);
    if (result.ok) values[name] = result.value;
    else problems.push({ name, problem: result.problem });
  }
  if (problems.length === 0 && isConfigOf(settings, values)) return { ok: true, config: values };
  return { ok: false, problems };
}

/** Every value went through the schema of its setting, so the names decide. */
function isConfigOf<S extends Settings>(settings: S, values: object): values is ConfigOf<S> {
  return Object.keys(settings).every((name) => name in values);
}

type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

function readSetting(name: string, setting: Setting<unknown>, env: Environment): Result<unknown> {
  const text = readText(name, env);
  if (!text.ok) return text;
  const given = text.value ?? setting.default;
  const parsed = setting.schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  if (given === undefined) return { ok: false, problem: `is required: ${setting.description}` };
  const expectation = [...new Set(parsed.error.issues.map((issue) => issue.message))].join(', and ');
  return { ok: false, problem: setting.isSecret ? expectation : `${expectation} (it is ${JSON.stringify(given)})` };
}

function readText(name: string, env: Environment): Result<string | undefined> {
  const text = env[name];
  const file = env[`${name}_FILE`];
  if (isAbsent(file)) return { ok: true, value: isAbsent(text) ? undefined : text };
  if (!isAbsent(text)) return { ok: false, problem: `and ${name}_FILE are both given; keep one` };
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return { ok: true, value: isAbsent(content) ? undefined : content };
  } catch (error) {
    const code = isError(error) && 'code' in error ? String(error.code) : 'unknown error';
    return { ok: false, problem: `cannot be read from the file named by ${name}_FILE (${code})` };
  }
}

const isAbsent = (text: string | undefined): text is undefined | '' => text === undefined || text === '';
