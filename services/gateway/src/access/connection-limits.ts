import { addressGroup } from './client-address.ts';

export interface ConnectionLimitSettings {
  /** `WS_MAX_CONNECTIONS`; 0 = no limit. */
  readonly maxTotal: number;
  /** `WS_MAX_CONNECTIONS_PER_IP`, counted per IPv4 address or IPv6 /64; 0 = no limit. */
  readonly maxPerAddress: number;
}

export type Admission =
  | {
      readonly ok: true;
      /** Gives the place back. Call it when the socket closed; more than once does no harm. */
      release(): void;
    }
  | { readonly ok: false; readonly reason: 'per-address' | 'total' };

export interface ConnectionLimits {
  /** How many IPv4 addresses and IPv6 /64 hold a place right now. */
  readonly addresses: number;
  /** Takes a place at once or refuses; never waits. */
  admit(address: string): Admission;
}

/** Counts the open sockets of this process. */
export function createConnectionLimits(settings: ConnectionLimitSettings): ConnectionLimits {
  const perGroup = new Map<string, number>();
  let total = 0;

  const give = (group: string): void => {
    total -= 1;
    const left = (perGroup.get(group) ?? 1) - 1;
    // An entry per address ever seen would grow for ever.
    if (left === 0) perGroup.delete(group);
    else perGroup.set(group, left);
  };

  return {
    get addresses() {
      return perGroup.size;
    },
    admit(address) {
      const group = addressGroup(address);
      const held = perGroup.get(group) ?? 0;
      if (settings.maxPerAddress > 0 && held >= settings.maxPerAddress) return { ok: false, reason: 'per-address' };
      if (settings.maxTotal > 0 && total >= settings.maxTotal) return { ok: false, reason: 'total' };
      total += 1;
      perGroup.set(group, held + 1);
      let isHeld = true;
      return {
        ok: true,
        release() {
          if (!isHeld) return;
          isHeld = false;
          give(group);
        },
      };
    },
  };
}
