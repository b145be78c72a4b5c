import { setTimeout as delay } from 'node:timers/promises';

/** Asks for the newest message again and again, and remembers each answer that was not good. */
export interface HttpProbe {
  readonly answered: number;
  /** Status or error, with how often. */
  readonly failures: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const INTERVAL_MS = 100;
const TIMEOUT_MS = 15_000;

export function startHttpProbe(baseUrl: string): HttpProbe {
  const stopping = new AbortController();
  const failures = new Map<string, number>();
  let answered = 0;
  const fail = (why: string): void => void failures.set(why, (failures.get(why) ?? 0) + 1);
  const finished = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const answer = await fetch(`${baseUrl}/messages?limit=1`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        await answer.arrayBuffer();
        answered += 1;
        if (!answer.ok) fail(String(answer.status));
      } catch (error) {
        fail(error instanceof Error ? String(error.cause ?? error.message) : String(error));
      }
      await delay(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    get answered() {
      return answered;
    },
    failures,
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}
