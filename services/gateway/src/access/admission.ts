import type { IncomingMessage } from 'node:http';
import type { PlaceRefusal, SharedCounts } from '@dms/broker';
import { CloseCode } from '@dms/protocol';
import type { Access } from './access.ts';
import { addressGroup } from './client-address.ts';

const RETRY_AFTER_SECONDS = 2;
const PER_ADDRESS_RETRY_AFTER_SECONDS = 60;

/** Why a stream is not opened, as an HTTP answer. */
export interface NotAdmitted {
  readonly ok: false;
  readonly status: 429 | 503;
  readonly slug: 'unavailable' | 'too-many-connections' | 'too-many-requests';
  readonly detail: string;
  readonly retryAfterSeconds: number;
  /** For a client that cannot read HTTP answers; null where another replica may still have room, which a load balancer tries
   *  only after an HTTP answer. */
  readonly closeCode: CloseCode | null;
}

export type StreamAdmission =
  | {
      readonly ok: true;
      /** Gives the place back; more than once does no harm. */
      release(): void;
    }
  | NotAdmitted;

export const REFUSALS = ['draining', 'not-ready', 'connect-rate', 'per-address', 'total', 'replica-full'] as const;
export type RefusalReason = (typeof REFUSALS)[number];

/** Decides, the same way for every door, whether one more stream may open now. */
export interface Doorkeeper {
  /** Since the process started, by reason. */
  readonly refusals: Readonly<Record<RefusalReason, number>>;
  /** Counts one attempt to connect, whatever comes of it, and refuses beyond the rate; null = go on. */
  knock(request: IncomingMessage): Promise<NotAdmitted | null>;
  /** Takes a place, to be given back with `release`, or says why there is none. */
  admit(request: IncomingMessage): Promise<StreamAdmission>;
  /** Nobody is admitted from now on. */
  refuseNew(): void;
}

export interface ConnectRate {
  /** `RATE_LIMIT_WINDOW_MS` */
  readonly windowMs: number;
  /** `WS_MAX_CONNECTS_PER_IP` per window and address; 0 = no limit. */
  readonly maxConnects: number;
}

export interface DoorkeeperDeps {
  readonly feed: { readonly isReady: boolean };
  readonly access: Pick<Access, 'clientAddress'>;
  readonly counts: Pick<SharedCounts, 'takePlace' | 'givePlace' | 'hit'>;
  readonly connectRate: ConnectRate;
}

const unavailable = (detail: string): NotAdmitted => ({
  ok: false,
  status: 503,
  slug: 'unavailable',
  detail,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
  closeCode: null,
});

const WITHOUT_PLACE: Readonly<Record<PlaceRefusal, NotAdmitted>> = {
  'per-address': {
    ok: false,
    status: 429,
    slug: 'too-many-connections',
    detail: 'Too many connections from this address',
    retryAfterSeconds: PER_ADDRESS_RETRY_AFTER_SECONDS,
    closeCode: CloseCode.TooManyFromAddress,
  },
  total: {
    ok: false,
    status: 503,
    slug: 'too-many-connections',
    detail: 'This server is full',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    closeCode: CloseCode.TooManyConnections,
  },
  'replica-full': {
    ok: false,
    status: 503,
    slug: 'too-many-connections',
    detail: 'This replica is full',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    closeCode: null,
  },
};

export function createDoorkeeper({ feed, access, counts, connectRate }: DoorkeeperDeps): Doorkeeper {
  const refusals: Record<RefusalReason, number> = {
    draining: 0,
    'not-ready': 0,
    'connect-rate': 0,
    'per-address': 0,
    total: 0,
    'replica-full': 0,
  };
  let isRefusing = false;

  const refuse = (reason: RefusalReason, answer: NotAdmitted): NotAdmitted => {
    refusals[reason] += 1;
    return answer;
  };

  const place = (group: string): StreamAdmission => {
    let isHeld = true;
    return {
      ok: true,
      release() {
        if (isHeld) counts.givePlace(group);
        isHeld = false;
      },
    };
  };

  return {
    refusals,
    async knock(request) {
      if (connectRate.maxConnects === 0) return null;
      const group = addressGroup(access.clientAddress(request));
      const { hits, resetMs } = await counts.hit(`connects:${group}`, connectRate.windowMs);
      if (hits <= connectRate.maxConnects) return null;
      return refuse('connect-rate', {
        ok: false,
        status: 429,
        slug: 'too-many-requests',
        detail: 'Too many connects from this address',
        retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1_000)),
        closeCode: null,
      });
    },
    async admit(request) {
      if (isRefusing) return refuse('draining', unavailable('This replica is draining'));
      if (!feed.isReady) return refuse('not-ready', unavailable('The log is not loaded yet'));
      const group = addressGroup(access.clientAddress(request));
      const answer = await counts.takePlace(group);
      return answer.ok ? place(group) : refuse(answer.reason, WITHOUT_PLACE[answer.reason]);
    },
    refuseNew() {
      isRefusing = true;
    },
  };
}
