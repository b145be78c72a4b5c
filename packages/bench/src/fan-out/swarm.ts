import type { Child } from '../child.ts';
import { startWorker, type Workshop } from '../processes.ts';
import type { SwarmFigures, SwarmOrder } from '../workers/swarm-orders.ts';

const LISTEN_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 180_000;

/** Checked clients in a process of their own. */
export interface Swarm {
  readonly process: Child;
  open(order: Omit<Extract<SwarmOrder, { kind: 'open' }>, 'kind'>): Promise<void>;
  order(order: SwarmOrder): Promise<SwarmFigures>;
  stop(): Promise<void>;
}

export async function startSwarm(workshop: Workshop): Promise<Swarm> {
  const child = await startWorker(workshop, 'swarm', []);
  await child.line(/^listening$/, LISTEN_TIMEOUT_MS);
  let orders = 0;
  const ask = async (order: SwarmOrder): Promise<unknown> => {
    orders += 1;
    const id = orders;
    child.send({ id, order });
    const line = await child.line(new RegExp(`^answer ${id} `), ANSWER_TIMEOUT_MS);
    return JSON.parse(line.slice(`answer ${id} `.length));
  };
  return {
    process: child,
    async open(order) {
      const answer = await ask({ kind: 'open', ...order });
      const opened = typeof answer === 'object' && answer !== null && 'open' in answer ? answer.open : 0;
      if (opened !== order.count) throw new Error(`only ${String(opened)} of ${order.count} clients were connected`);
    },
    async order(order) {
      // Both ends are ours.
      const answer: SwarmFigures = JSON.parse(JSON.stringify(await ask(order)));
      return answer;
    },
    stop: () => child.stop(),
  };
}
