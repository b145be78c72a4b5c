import { setTimeout as delay } from 'node:timers/promises';
import { openTestConnection, type TestConnection } from '@dms/test-kit';
import type { Target } from './target.ts';

const PAUSE_MS = 100;

/** A normal client beside an attack. */
export interface Bystander {
  readonly connection: TestConnection;
  /** How long the answers took, in milliseconds, ascending. */
  readonly latenciesMs: readonly number[];
  /** Messages that were said while it listened. */
  readonly said: number;
  /** @throws what went wrong for it */
  leave(): Promise<void>;
}

/** Reads the stream while messages are said, and asks for pages of history, all the time. */
export async function openBystander(target: Target): Promise<Bystander> {
  const connection = await openTestConnection(target.ws, { timeoutMs: 30_000 });
  const latenciesMs: number[] = [];
  const stopping = new AbortController();
  let said = 0;

  const live = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startMs = performance.now();
      const answer = await fetch(`${target.http}/messages?limit=5`);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`a normal request was answered with ${answer.status}`);
      latenciesMs.push(performance.now() - startMs);
      await target.say();
      said += 1;
      await connection.waitForEvents(said, 30_000);
      await delay(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const living = live();
  // Reported by `leave`; until then nobody else may trip over it.
  living.catch(() => {});

  return {
    connection,
    get latenciesMs() {
      return latenciesMs.toSorted((a, b) => a - b);
    },
    get said() {
      return said;
    },
    async leave() {
      stopping.abort();
      await living;
      await connection.close();
    },
  };
}

export const quantile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
