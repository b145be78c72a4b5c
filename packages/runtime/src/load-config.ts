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

/** Reads every setting from `env` and reports all problems at once. `X_FILE` names a file that holds the value of `X`; its last
 *  line break is dropped. An empty variable, under either name, and an empty file count as absent; a value in both places is a
 *  problem. A secret's value is never repeated. */
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
  if (given === undefined && isMissing(setting, env))
    return { ok: false, problem: `is required: ${setting.description}` };
  const parsed = setting.schema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  const expectation = [...new Set(parsed.error.issues.map((issue) => issue.message))].join(', and ');
  return { ok: false, problem: setting.isSecret ? expectation : `${expectation} (it is ${JSON.stringify(given)})` };
}

/** Whether a setting without value and default is a problem. */
function isMissing({ schema, requiredWithout }: Setting<unknown>, env: Environment): boolean {
  if (requiredWithout === undefined) return !schema.safeParse(undefined).success;
  const other = readText(requiredWithout, env);
  return other.ok && other.value === undefined;
}

function readText(name: string, env: Environment): Result<string | undefined> {
  const text = env[name] || undefined;
  const path = env[`${name}_FILE`] || undefined;
  if (path === undefined) return { ok: true, value: text };
  const file = readFile(path, `${name}_FILE`);
  if (!file.ok || text === undefined) return file;
  if (file.value === undefined) return { ok: true, value: text };
  return { ok: false, problem: `and ${name}_FILE are both given; keep one` };
}

function readFile(path: string, variable: string): Result<string | undefined> {
  try {
    return { ok: true, value: readFileSync(path, 'utf8').replace(/\r?\n$/, '') || undefined };
  } catch (error) {
    const code = isError(error) && 'code' in error ? String(error.code) : 'unknown error';
    return { ok: false, problem: `cannot be read from ${path}, which ${variable} names (${remedyOf(code)})` };
  }
}

/** What to do about a file that cannot be read, where it is not plain from the error's code. */
function remedyOf(code: string): string {
  if (code === 'EACCES') return `EACCES: user ${process.geteuid?.()} must be able to read it`;
  // A container's mount makes a directory of a file that is not there.
  return code === 'EISDIR' ? 'EISDIR: it is a directory' : code;
}
