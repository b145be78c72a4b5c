import { UsageError } from './usage-error.ts';

export const HELP = { type: 'boolean', short: 'h' } as const;
export const TEXT = { type: 'string' } as const;

/** Runs `parseArgs`, whose errors become ours. @throws UsageError */
export function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new UsageError(`${reason}; --help lists what there is`, { cause });
  }
}
