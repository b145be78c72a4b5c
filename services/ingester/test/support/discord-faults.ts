import type { DiscordSimulatorOptions, FaultKind, FaultSpec } from '@dms/discord-simulator';
import type { GapReason } from '../../src/gap-keeper.ts';
import type { IngesterSettings } from '../../src/ingester.ts';

/** One way in which Discord fails us, and what must come of it. */
export interface DiscordFault {
  readonly name: string;
  /** Asked for in this order; each must fire as often as it can. */
  readonly faults: readonly FaultSpec[];
  /** Of the gap that opens and closes again; null = none. */
  readonly gap: GapReason | null;
  /** Discord says nothing of what is missing: it comes right when the next session begins. */
  readonly isSilent?: boolean;
  /** Discord refuses a channel: the gap closes and names it. */
  readonly isRefused?: boolean;
  readonly simulator?: DiscordSimulatorOptions;
  readonly settings?: Partial<IngesterSettings>;
}

const EXPIRE = { kind: 'expire_session' } as const;
const DROP = { kind: 'drop' } as const;
const LIVE = ['MESSAGE_CREATE', 'MESSAGE_UPDATE', 'MESSAGE_DELETE'] as const;
/** Of the requests for history: what is asked at the login is the business of the tests of the session. */
const path = '/messages';
const quick = { settings: { resumeTimeoutMs: 500 } } as const;

/** Every kind of fault that the simulator knows, each alone. */
export const DISCORD_FAULTS: Readonly<Record<FaultKind, readonly DiscordFault[]>> = {
  drop: [
    { name: 'the connection is cut', faults: [DROP], gap: null },
    { name: 'it closes with 4000', faults: [{ ...DROP, code: 4000, after: 20 }], gap: null },
    { name: 'it closes with 4009', faults: [{ ...DROP, code: 4009, after: 20 }], gap: null },
    { name: 'it closes with 1000, which ends the session', faults: [{ ...DROP, code: 1000 }], gap: 'session_lost' },
    { name: 'it closes with 4008, which ends the session', faults: [{ ...DROP, code: 4008 }], gap: 'session_lost' },
  ],
  reconnect: [{ name: 'op 7', faults: [{ kind: 'reconnect', after: 20 }], gap: null }],
  heartbeat_request: [{ name: 'op 1', faults: [{ kind: 'heartbeat_request' }], gap: null }],
  invalid_session: [
    { name: 'op 9, resumable', faults: [{ kind: 'invalid_session', resumable: true, after: 20 }], gap: null },
    { name: 'op 9, not resumable', faults: [{ kind: 'invalid_session', resumable: false }], gap: 'session_lost' },
  ],
  expire_session: [{ name: 'the session expires', faults: [{ ...EXPIRE, after: 20 }], gap: 'session_lost' }],
  no_ack: [
    {
      name: 'heartbeats are not answered',
      faults: [{ kind: 'no_ack' }],
      gap: null,
      simulator: { heartbeatIntervalMs: 400 },
    },
  ],
  refuse_resume: [
    { name: 'RESUME is refused with op 9', faults: [{ kind: 'refuse_resume' }, DROP], gap: 'session_lost' },
    {
      name: 'RESUME is refused with 4000 once',
      faults: [{ kind: 'refuse_resume', code: 4000 }, DROP],
      gap: null,
    },
    {
      name: 'RESUME is refused with 4000 again and again',
      faults: [{ kind: 'refuse_resume', code: 4000, times: 3 }, DROP],
      gap: 'session_lost',
    },
  ],
  ignore_resume: [
    { name: 'RESUME is not answered', faults: [{ kind: 'ignore_resume' }, DROP], gap: 'session_lost', ...quick },
  ],
  refuse_identify: [
    { name: 'IDENTIFY is refused', faults: [{ kind: 'refuse_identify' }, EXPIRE], gap: 'session_lost' },
  ],
  duplicate: [{ name: 'dispatches come twice', faults: [{ kind: 'duplicate', times: 40 }], gap: null }],
  lose: [
    { name: 'dispatches never come', faults: [{ kind: 'lose', times: 10, types: LIVE }], gap: null, isSilent: true },
  ],
  reorder: [
    {
      name: 'dispatches overtake each other',
      faults: [{ kind: 'reorder', times: 10, distance: 2 }],
      gap: null,
      isSilent: true,
    },
  ],
  delay: [{ name: 'dispatches come late', faults: [{ kind: 'delay', ms: 300, times: 3 }], gap: null }],
  rest: [
    { name: 'REST answers 401 once', faults: [{ kind: 'rest', status: 401, path }, EXPIRE], gap: 'session_lost' },
    {
      name: 'REST answers 403 for a channel',
      faults: [{ kind: 'rest', status: 403, path }, EXPIRE],
      ...{ gap: 'session_lost', isRefused: true, isSilent: true },
    },
    {
      name: 'REST answers 429',
      faults: [{ kind: 'rest', status: 429, path, retry_after: 0.2, times: 2 }, EXPIRE],
      gap: 'session_lost',
    },
    {
      name: 'REST answers 429 for everything',
      faults: [{ kind: 'rest', status: 429, path, retry_after: 0.2, global: true, times: 2 }, EXPIRE],
      gap: 'session_lost',
    },
    {
      name: 'REST answers 500 and 503',
      faults: [{ kind: 'rest', status: 500, path }, { kind: 'rest', status: 503, path, times: 5 }, EXPIRE],
      gap: 'session_lost',
    },
  ],
  rest_delay: [
    { name: 'REST is slow', faults: [{ kind: 'rest_delay', ms: 400, path, times: 5 }, EXPIRE], gap: 'session_lost' },
  ],
  hide_channel: [
    {
      name: 'a channel is hidden for a while',
      faults: [{ kind: 'hide_channel', channel: 'random' }],
      gap: null,
      isSilent: true,
    },
  ],
  strip_content: [
    { name: 'contents are withheld for a while', faults: [{ kind: 'strip_content' }], gap: null, isSilent: true },
  ],
  guild_outage: [
    { name: 'a guild is unavailable for a while', faults: [{ kind: 'guild_outage' }], gap: 'guild_outage' },
  ],
  lying_headers: [
    {
      name: 'rate limit headers promise more than there is',
      faults: [{ kind: 'lying_headers' }, EXPIRE],
      gap: 'session_lost',
      simulator: { rateLimits: true },
    },
  ],
};
