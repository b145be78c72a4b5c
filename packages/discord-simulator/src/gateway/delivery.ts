import type { FaultSpec } from '../faults/fault.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import type { WorldEvent } from '../world/world-event.ts';

/** How long a reordered dispatch waits for the ones that should overtake it. */
const REORDER_PATIENCE_MS = 1000;

/** The stretch between the world and the sessions, where deliveries can be lost, doubled, swapped or delayed. */
export interface Delivery {
  readonly deliver: (event: WorldEvent, n: number) => void;
  /** Forgets what it holds back and its timers. */
  readonly close: () => void;
}

export interface DeliveryOptions {
  readonly faults: FaultBook;
  readonly fanOut: (event: WorldEvent) => void;
  /** Faults are not spent on events that nobody would receive anyway. */
  readonly hasAudience: (event: WorldEvent) => boolean;
  /** Told about a dispatch, by its number, that a `lose` fault ate. */
  readonly onLost: (n: number) => void;
}

/** Without armed faults a delivery is the plain call of `fanOut`. */
export function createDelivery({ faults, fanOut, hasAudience, onLost }: DeliveryOptions): Delivery {
  let overtaken: { event: WorldEvent; left: number; timer: NodeJS.Timeout } | null = null;
  const delayed: { readonly event: WorldEvent; readonly dueMs: number }[] = [];
  let delayTimer: NodeJS.Timeout | null = null;

  const deliver = (event: WorldEvent, n: number): void => {
    const isPlain = overtaken === null && delayed.length === 0;
    if (isPlain && !faults.isArmed('lose', 'reorder', 'delay', 'duplicate')) {
      fanOut(event);
      return;
    }
    if (!hasAudience(event)) return;
    const matches = matcherOf(event);
    if (faults.take('lose', matches) !== undefined) {
      onLost(n);
      return;
    }
    const reorder = overtaken === null ? faults.take('reorder', matches) : undefined;
    if (reorder !== undefined) {
      const left = reorder.spec.kind === 'reorder' ? (reorder.spec.distance ?? 1) : 1;
      overtaken = { event, left, timer: setTimeout(release, REORDER_PATIENCE_MS) };
      return;
    }
    enqueue(event);
    if (overtaken === null) return;
    overtaken.left -= 1;
    if (overtaken.left === 0) release();
  };

  const release = (): void => {
    if (overtaken === null) return;
    const { event, timer } = overtaken;
    clearTimeout(timer);
    overtaken = null;
    enqueue(event);
  };

  const enqueue = (event: WorldEvent): void => {
    const delay = faults.take('delay', matcherOf(event));
    if (delay === undefined && delayed.length === 0) {
      hand(event);
      return;
    }
    const ms = delay?.spec.kind === 'delay' ? delay.spec.ms : 0;
    const lastDueMs = delayed.at(-1)?.dueMs ?? 0;
    delayed.push({ event, dueMs: Math.max(lastDueMs, performance.now() + ms) });
    schedule();
  };

  const schedule = (): void => {
    const [first] = delayed;
    if (first === undefined || delayTimer !== null) return;
    delayTimer = setTimeout(flushDue, Math.max(0, first.dueMs - performance.now()));
  };

  const flushDue = (): void => {
    delayTimer = null;
    const nowMs = performance.now();
    const kept = delayed.findIndex(({ dueMs }) => dueMs > nowMs);
    for (const { event } of delayed.splice(0, kept === -1 ? delayed.length : kept)) hand(event);
    schedule();
  };

  const hand = (event: WorldEvent): void => {
    fanOut(event);
    if (faults.take('duplicate', matcherOf(event)) !== undefined) fanOut(event);
  };

  const close = (): void => {
    if (overtaken !== null) clearTimeout(overtaken.timer);
    if (delayTimer !== null) clearTimeout(delayTimer);
    overtaken = null;
    delayed.length = 0;
  };

  return { deliver, close };
}

function matcherOf(event: WorldEvent): (spec: FaultSpec) => boolean {
  return (spec) => !('types' in spec) || spec.types === undefined || spec.types.includes(event.type);
}
