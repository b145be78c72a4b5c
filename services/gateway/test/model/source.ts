import type { Change } from '@dms/event-log';

/** What Discord shows of a message right now. */
interface Truth {
  readonly id: string;
  readonly channelId: string;
  readonly parentId: string | null;
  readonly authorId: string;
  readonly version: number;
  readonly editedAtMs: number | null;
  readonly isDeleted: boolean;
}

export type Happening = 'create' | 'edit' | 'refresh' | 'delete';

/** Discord, as far as the log is concerned: messages come, change and go, whoever listens. */
export interface Source {
  readonly changes: number;
  /** Makes something happen; `pick` chooses among the messages or places. Null when there is nothing to change. */
  happen(kind: Happening, pick: number): ((stamp: () => number) => Change) | null;
  /** What a fresh session reads over REST: every message as it is now. */
  reconcile(stamp: () => number): readonly Change[];
  readonly messages: ReadonlyMap<string, Truth>;
}

export const GUILD = '900000000000000001';
export const CHANNEL = '900000000000000002';
export const THREAD = '900000000000000003';
export const OTHER_CHANNEL = '900000000000000004';
export const AUTHORS = ['900000000000000011', '900000000000000012'] as const;

const PLACES = [
  { channelId: CHANNEL, parentId: null },
  { channelId: THREAD, parentId: CHANNEL },
  { channelId: OTHER_CHANNEL, parentId: null },
] as const;

function toChange(truth: Truth, origin: 'live' | 'reconcile', observedAt: number): Change {
  const { id, channelId, parentId, authorId, version, editedAtMs } = truth;
  const common = { id, guildId: GUILD, channelId, parentId, origin, observedAt };
  if (truth.isDeleted) return { kind: 'delete', ...common, bulkId: null };
  const payload = JSON.stringify({ id, channel_id: channelId, guild_id: GUILD, content: `v${version}` });
  const text = { hash: `v${version}`, editedAtMs, payload, tally: null, isTallyFresh: false };
  return { kind: 'message', ...common, isComplete: true, authorId, ...text };
}

export function createSource(): Source {
  const messages = new Map<string, Truth>();
  let changes = 0;

  const next = (kind: Happening, pick: number): Truth | null => {
    if (kind === 'create') {
      const place = PLACES[pick % PLACES.length] ?? PLACES[0];
      const authorId = AUTHORS[pick % AUTHORS.length] ?? AUTHORS[0];
      const id = (800_000_000_000_000_000n + BigInt(messages.size)).toString();
      return { id, ...place, authorId, version: 1, editedAtMs: null, isDeleted: false };
    }
    const alive = [...messages.values()].filter((message) => !message.isDeleted);
    const chosen = alive[pick % Math.max(1, alive.length)];
    if (chosen === undefined) return null;
    if (kind === 'delete') return { ...chosen, isDeleted: true };
    const editedAtMs = kind === 'edit' ? (chosen.editedAtMs ?? 0) + 1 : chosen.editedAtMs;
    return { ...chosen, version: chosen.version + 1, editedAtMs };
  };

  return {
    get changes() {
      return changes;
    },
    happen(kind, pick) {
      const truth = next(kind, pick);
      if (truth === null) return null;
      changes += 1;
      messages.set(truth.id, truth);
      return (stamp) => toChange(truth, 'live', stamp());
    },
    reconcile: (stamp) => [...messages.values()].map((truth) => toChange(truth, 'reconcile', stamp())),
    messages,
  };
}
