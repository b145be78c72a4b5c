/** A measured figure for whoever reads the run; not part of any verdict. */
export function report(line: string): void {
  process.stdout.write(`    · ${line}\n`);
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Runs `task` and tells how long it took. */
export async function timed<T>(task: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now();
  const value = await task();
  return { value, ms: performance.now() - startedAt };
}
