/** Shares one run of `work` among all callers until `ttlMs` after it began, so that asking often costs nothing.
 *  `work` must not reject. */
export function remember<T>(
  work: () => Promise<T>,
  ttlMs: number,
  nowMs: () => number = performance.now.bind(performance),
) {
  let kept: { readonly result: Promise<T>; readonly untilMs: number } | null = null;
  return (): Promise<T> => {
    if (kept === null || nowMs() >= kept.untilMs) kept = { result: work(), untilMs: nowMs() + ttlMs };
    return kept.result;
  };
}
