import { type Measured, readCpu, spentCpu } from './cpu.ts';
import { startWorker, type Workshop } from './processes.ts';
import type { DeliveryFigures } from './workers/delivery-record.ts';

export interface DeliveryRun extends DeliveryFigures {
  /** Sockets that the server closed. */
  readonly closed: number;
  readonly clientCpu: number;
  /** CPU seconds of each process from the first measured message (20 ms late at most) to the last. */
  readonly cpu: Readonly<Record<string, number | null>>;
}

export interface DeliveryPlan {
  readonly streamUrl: string;
  readonly clients: number;
  readonly messages: number;
  readonly warmupMs: number;
  readonly processes: readonly Measured[];
  readonly timeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 60_000;

/** Connects clients, lets them receive everything and judges what they got. */
export async function runDelivery(workshop: Workshop, plan: DeliveryPlan): Promise<DeliveryRun> {
  const args = [plan.streamUrl, plan.clients, plan.messages, plan.warmupMs];
  const clients = await startWorker(workshop, 'stream-clients', args);
  try {
    await clients.line(/^ready$/, CONNECT_TIMEOUT_MS);
    await clients.line(/^warm$/, plan.timeoutMs);
    const before = readCpu(plan.processes);
    const line = await clients.line(/^done /, plan.timeoutMs);
    const cpu = spentCpu(before, readCpu(plan.processes));
    const figures: DeliveryFigures & { readonly closed: number; readonly clientCpu: number } = JSON.parse(
      line.slice(5),
    );
    return { ...figures, cpu };
  } finally {
    await clients.stop();
  }
}

/** Doubts that a reader of the figures must know about. */
export function doubtsAbout(name: string, run: DeliveryRun, expectedMessages: number): readonly string[] {
  const { messages, lost, duplicates, reordered, closed } = run;
  const doubts = [
    messages === expectedMessages ? '' : `${expectedMessages - messages} messages reached nobody`,
    lost === 0 ? '' : `${lost} deliveries lost`,
    duplicates === 0 ? '' : `${duplicates} duplicates`,
    reordered === 0 ? '' : `${reordered} out of order`,
    closed === 0 ? '' : `${closed} clients were closed`,
  ].filter((doubt) => doubt !== '');
  return doubts.length === 0 ? [] : [`${name}: NOT TO BE TRUSTED, ${doubts.join(', ')}`];
}
