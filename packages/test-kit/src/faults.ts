export type FaultName = 'cut' | 'blackhole' | 'delay' | 'throttle' | 'dropAfter' | 'halfClose' | 'refuse';
export type FaultCounts = Record<FaultName, number>;

/** The lasting faults of one proxy, read by its links for every chunk. */
export interface Faults {
  readonly fired: FaultCounts;
  readonly isRefusing: boolean;
  readonly delayMs: number;
  /** Infinity = unlimited. */
  readonly bytesPerSecond: number;
  /** Bytes a new connection may still deliver to its client; Infinity = all. */
  readonly bytesUntilDrop: number;
  readonly isBlackholed: boolean;
  /** Resolves at once unless blackholed, else when healed. */
  passage(): Promise<void>;
  blackhole(): void;
  setDelay(ms: number): void;
  setThrottle(bytesPerSecond: number): void;
  setDrop(bytes: number): void;
  refuse(): void;
  heal(): void;
}

export function createFaults(): Faults {
  const fired = { cut: 0, blackhole: 0, delay: 0, throttle: 0, dropAfter: 0, halfClose: 0, refuse: 0 };
  let isRefusing = false;
  let delayMs = 0;
  let bytesPerSecond = Number.POSITIVE_INFINITY;
  let bytesUntilDrop = Number.POSITIVE_INFINITY;
  let healed: Promise<void> | null = null;
  let open = (): void => {};
  return {
    fired,
    get isRefusing() {
      return isRefusing;
    },
    get delayMs() {
      return delayMs;
    },
    get bytesPerSecond() {
      return bytesPerSecond;
    },
    get bytesUntilDrop() {
      return bytesUntilDrop;
    },
    get isBlackholed() {
      return healed !== null;
    },
    passage: () => healed ?? Promise.resolve(),
    blackhole() {
      healed ??= new Promise((resolve) => {
        open = resolve;
      });
    },
    setDelay(ms) {
      delayMs = ms;
    },
    setThrottle(rate) {
      bytesPerSecond = rate;
    },
    setDrop(bytes) {
      bytesUntilDrop = bytes;
    },
    refuse() {
      isRefusing = true;
    },
    heal() {
      isRefusing = false;
      delayMs = 0;
      bytesPerSecond = Number.POSITIVE_INFINITY;
      bytesUntilDrop = Number.POSITIVE_INFINITY;
      healed = null;
      open();
    },
  };
}
