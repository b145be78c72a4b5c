/** Answers that any replica may repeat, each under a key that can only ever mean this one answer. Losing it costs time only. */
export interface PageCache {
  /** Null when the key is not there, is older than it was to be kept, or the cache does not answer within 100 ms. Never rejects. */
  get(key: string): Promise<string | null>;
  /** Best effort, in the background: gone after `keepMs` at the latest, so that no deleted message is at rest for longer. */
  set(key: string, value: string, keepMs: number): void;
  close(): Promise<void>;
}

/** Beyond this the oldest entries leave. */
const MAX_MEMORY_CHARACTERS = 8 * 1024 * 1024;

/** The twin within one process. */
export function createMemoryPageCache(nowMs: () => number = performance.now.bind(performance)): PageCache {
  const kept = new Map<string, { readonly value: string; readonly untilMs: number }>();
  let characters = 0;
  const drop = (key: string): void => {
    characters -= kept.get(key)?.value.length ?? 0;
    kept.delete(key);
  };
  return {
    async get(key) {
      const entry = kept.get(key);
      if (entry === undefined) return null;
      if (nowMs() < entry.untilMs) return entry.value;
      drop(key);
      return null;
    },
    set(key, value, keepMs) {
      drop(key);
      kept.set(key, { value, untilMs: nowMs() + keepMs });
      characters += value.length;
      for (const oldest of kept.keys()) {
        if (characters <= MAX_MEMORY_CHARACTERS) break;
        drop(oldest);
      }
    },
    async close() {
      kept.clear();
      characters = 0;
    },
  };
}
