import type { Logger } from '@dms/runtime';

/** Says nothing and remembers the event phrases. */
export function recordingLogger(): Logger & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const write = (event: string): void => {
    lines.push(event);
  };
  const logger = { lines, debug: write, info: write, warn: write, error: write, child: () => logger };
  return logger;
}
