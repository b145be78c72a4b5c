import type { FaultKind, FaultReport, FaultSpec } from './fault.ts';

/** A fault with its counter. */
export interface Fault {
  readonly id: string;
  readonly spec: FaultSpec;
  fired: number;
  /** How often it may still fire; Infinity until cleared; 0 disarmed. */
  left: number;
  /** Undoes a lasting fault; runs once, when it is cleared. */
  undo: (() => void) | null;
}

/** All faults ever asked for: the single place that arms, fires, counts and clears them. */
export interface FaultBook {
  readonly add: (spec: FaultSpec, left: number) => Fault;
  /** Fires and returns the oldest armed fault of the kind that `matches`; undefined when there is none. */
  readonly take: (kind: FaultKind, matches?: (spec: FaultSpec) => boolean) => Fault | undefined;
  /** True when a fault of one of the kinds is armed: the cheap question of the hot path. */
  readonly isArmed: (...kinds: readonly FaultKind[]) => boolean;
  readonly disarm: (fault: Fault) => void;
  readonly list: () => FaultReport[];
  /** Disarms one fault, or all. False when the id is unknown. Counters stay readable. */
  readonly clear: (id?: string) => boolean;
}

export function createFaultBook(): FaultBook {
  const faults: Fault[] = [];
  const armed = new Set<Fault>();
  const disarm = (fault: Fault): void => {
    fault.left = 0;
    armed.delete(fault);
    const { undo } = fault;
    fault.undo = null;
    undo?.();
  };
  return {
    add: (spec, left) => {
      const fault: Fault = { id: String(faults.length + 1), spec, fired: 0, left, undo: null };
      faults.push(fault);
      if (left > 0) armed.add(fault);
      return fault;
    },
    take: (kind, matches) => {
      for (const fault of armed) {
        if (fault.spec.kind !== kind || matches?.(fault.spec) === false) continue;
        fault.fired += 1;
        fault.left -= 1;
        if (fault.left === 0) disarm(fault);
        return fault;
      }
      return undefined;
    },
    isArmed: (...kinds) => {
      for (const fault of armed) if (kinds.includes(fault.spec.kind)) return true;
      return false;
    },
    disarm,
    list: () => faults.map(reportFault),
    clear: (id) => {
      const wanted = id === undefined ? faults : faults.filter((fault) => fault.id === id);
      for (const fault of wanted) disarm(fault);
      return id === undefined || wanted.length > 0;
    },
  };
}

/** The fault as clients of the control API see it. */
export function reportFault(fault: Fault): FaultReport {
  return { ...fault.spec, id: fault.id, fired: fault.fired, armed: fault.left > 0 };
}
