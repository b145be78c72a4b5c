import type { IncomingMessage } from 'node:http';
import type { Access } from './access.ts';
import type { ConnectionLimits } from './connection-limits.ts';

const RETRY_AFTER_SECONDS = 2;
const PER_ADDRESS_RETRY_AFTER_SECONDS = 60;

/** Why a stream is not opened, as an HTTP answer. */
export interface NotAdmitted {
  readonly ok: false;
  readonly status: 429 | 503;
  readonly slug: 'unavailable' | 'too-many-connections';
  readonly detail: string;
  readonly retryAfterSeconds: number;
}

export type StreamAdmission = { readonly ok: true; release(): void } | NotAdmitted;

/** Decides, the same way for every door, whether one more stream may open now. */
export interface Doorkeeper {
  /** Takes a place, to be given back with `release`, or says why there is none. */
  admit(request: IncomingMessage): StreamAdmission;
  /** Nobody is admitted from now on. */
  refuseNew(): void;
}

export interface DoorkeeperDeps {
  readonly feed: { readonly isReady: boolean };
  readonly access: Pick<Access, 'clientAddress'>;
  readonly limits: Pick<ConnectionLimits, 'admit'>;
}

const unavailable = (detail: string): NotAdmitted => ({
  ok: false,
  status: 503,
  slug: 'unavailable',
  detail,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});

const FULL: NotAdmitted = {
  ok: false,
  status: 503,
  slug: 'too-many-connections',
  detail: 'This server is full',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

const TOO_MANY_FROM_ADDRESS: NotAdmitted = {
  ok: false,
  status: 429,
  slug: 'too-many-connections',
  detail: 'Too many connections from this address',
  retryAfterSeconds: PER_ADDRESS_RETRY_AFTER_SECONDS,
};

export function createDoorkeeper({ feed, access, limits }: DoorkeeperDeps): Doorkeeper {
  let isRefusing = false;
  return {
    admit(request) {
      if (isRefusing) return unavailable('This replica is draining');
      if (!feed.isReady) return unavailable('The log is not loaded yet');
      const admission = limits.admit(access.clientAddress(request));
      if (admission.ok) return admission;
      return admission.reason === 'per-address' ? TOO_MANY_FROM_ADDRESS : FULL;
    },
    refuseNew() {
      isRefusing = true;
    },
  };
}
