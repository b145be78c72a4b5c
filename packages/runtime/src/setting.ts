import type { z } from 'zod';

/** One environment variable: how its text becomes a value, and what people read about it. */
export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** One sentence for the README table and .env.example. */
  readonly description: string;
  readonly example?: string;
  /** A secret's value never appears in a problem, a table or an example. */
  readonly isSecret: boolean;
  /** As a user would write it; goes through the schema like any other text. */
  readonly default?: string;
  /** The name of a variable that makes this one optional; without both, this one is reported as missing. */
  readonly requiredWithout?: string;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values of `Settings`, under the variables' own names. */
export type ConfigOf<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};

export interface SettingMeta {
  readonly description: string;
  readonly example?: string;
  /** Default false. */
  readonly isSecret?: boolean;
  readonly default?: string;
}

/** The schema reads text; without a default and unless it accepts `undefined`, the variable is required. Let its messages say
 *  what is expected (`must be …`): they are shown to the operator. They must never repeat the value. */
export function setting<T>(schema: z.ZodType<T>, meta: SettingMeta): Setting<T> {
  return { isSecret: false, ...meta, schema };
}

/** The same variable where the service can do without it. */
export function optional<T>(required: Setting<T>): Setting<T | undefined> {
  const { default: _dropped, ...rest } = required;
  return { ...rest, schema: required.schema.optional() };
}

/** The same variable where the service can do without it as long as `other` is given. */
export function requiredWithout<T>(other: string, required: Setting<T>): Setting<T | undefined> {
  return { ...optional(required), requiredWithout: other };
}

/** The same variable with a grammar that another package owns. `problemOf` says what is wrong in words that read on from the
 *  variable's name (`must be …`) without repeating the value, or null. */
export function withCheck<T>(base: Setting<T>, problemOf: (value: T) => string | null): Setting<T> {
  const schema = base.schema.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
  return { ...base, schema };
}

/** The same variable with another default, e.g. `memory:` where one process needs no Redis. */
export function withDefault<T>(base: Setting<T>, text: string): Setting<T> {
  return { ...base, default: text };
}
