import type { Change, ErasureChange, RedactChange } from './change.ts';
import { bigintArray, type Database } from './database.ts';
import type { DropReason } from './event-log.ts';
import { parseState, STATE_COLUMNS } from './find-stored.ts';
import type { ForgottenAuthors } from './forgotten-authors.ts';
import { blankedPrefix, messageEventPayload, redactedEnding } from './payload.ts';
import { redactMessage } from './redact-message.ts';
import type { Entry, ErasureStep, Redaction, Reduction, RevisionRow, StoredState } from './reduction.ts';
import { integer, text } from './rows.ts';
import { tallyText } from './tally.ts';

export type PrivacyChange = RedactChange | ErasureChange;

/** These are committed apart from all others: they read the whole stored message, and a message of the same batch would not
 *  be there yet. */
export const isPrivacyChange = (change: Change): change is PrivacyChange =>
  change.kind === 'redact' || change.kind === 'erasure';

interface StoredMessage {
  readonly state: StoredState;
  readonly payload: string;
  readonly revisions: readonly RevisionRow[];
}

export type StoredMessages = ReadonlyMap<string, StoredMessage>;

const MESSAGES = `SELECT ${STATE_COLUMNS}, payload FROM message WHERE message.id = ANY($1::text::bigint[])`;
const REVISIONS = `SELECT message_id::text, revision, payload FROM message_revision
  WHERE message_id = ANY($1::text::bigint[])`;

export async function findMessages(database: Database, changes: readonly Change[]): Promise<StoredMessages> {
  const ids = new Set(changes.flatMap((change) => (change.kind === 'redact' ? [change.id] : [])));
  if (ids.size === 0) return new Map();
  const revisions = (await database.query(REVISIONS, bigintArray(ids))).map((row) => ({
    messageId: text(row, 'message_id'),
    revision: integer(row, 'revision'),
    payload: text(row, 'payload'),
  }));
  const rows = await database.query(MESSAGES, bigintArray(ids));
  return new Map(
    rows.map((row) => {
      const [id, state] = parseState(row);
      const own = revisions.filter(({ messageId }) => messageId === id);
      return [id, { state, payload: text(row, 'payload'), revisions: own }] as const;
    }),
  );
}

/** Takes forgotten people out of stored messages. Nothing but their marks is touched where nothing names them. Pure. */
export function reduceRedactions(
  stored: StoredMessages,
  changes: readonly PrivacyChange[],
  forgotten: ForgottenAuthors,
): Reduction {
  const states = new Map<string, StoredState>();
  const entries: Entry[] = [];
  const redactions: Redaction[] = [];
  const revisions: RevisionRow[] = [];
  const steps = new Map<string, ErasureStep>();
  const dropped: Record<DropReason, number> = { same: 0, stale: 0, deleted: 0, incomplete: 0 };

  const count = (id: string, step: Partial<ErasureStep>): void => {
    const before = steps.get(id) ?? { id, messages: 0, redactions: 0, cursorId: null, isDone: false };
    steps.set(id, { ...before, ...step });
  };

  const redact = (change: RedactChange): void => {
    const message = stored.get(change.id);
    if (message === undefined) return void dropped.incomplete++;
    const state = states.get(change.id) ?? message.state;
    if (state.isDeleted) return void dropped.deleted++;
    if (change.observedAt <= state.observedAt || states.has(change.id)) return void dropped.stale++;
    const { id, guildId, channelId, userId, observedAt, origin } = change;
    const payload = withoutRevision(redactMessage(message.payload, id, forgotten) ?? message.payload);
    const changed = message.revisions.flatMap((revision) => {
      const redacted = redactMessage(revision.payload, id, forgotten) ?? revision.payload;
      return redacted === revision.payload ? [] : [{ ...revision, payload: redacted }];
    });
    const isSeen = change.isLogged || changed.length > 0 || payload !== withoutRevision(message.payload);
    redactions.push({ id, prefix: blankedPrefix(change), userId, isSeen });
    if (!isSeen) return;
    count(change.erasureId, { redactions: (steps.get(change.erasureId)?.redactions ?? 0) + 1 });
    const { revision, parentId, authorId, tally } = state;
    const ending = redactedEnding(tallyText(tally), origin);
    const next = { ...state, observedAt };
    states.set(id, next);
    revisions.push(...changed);
    entries.push({
      route: { type: 'MESSAGE_UPDATE', guildId, channelId, parentId, authorId, messageId: id },
      origin,
      payload: messageEventPayload(payload, revision, ending),
      row: { ...next, id, payload: null },
      text: { revision, endingBytes: Buffer.byteLength(ending), isSuperseded: false },
    });
  };

  for (const change of changes) {
    if (change.kind === 'redact') redact(change);
    else count(change.id, { cursorId: change.cursorId, isDone: change.isDone });
  }
  return { ...NOTHING, entries, redactions, revisions, erasures: [...steps.values()], dropped, states };
}

const NOTHING = {
  purges: [],
  tallies: [],
  marks: [],
  clearedMarks: [],
  guilds: [],
  channels: [],
  emptied: [],
  gaps: [],
  catchUps: [],
  backfills: [],
} as const;

/** The stored text ends with the revision, which the event's payload gets anew. */
const withoutRevision = (payload: string): string => payload.replace(/,"revision":\d+\}$/, '}');

/** Adds to what each erasure has done the messages that this reduction deletes for it. */
export function countErased(reduction: Reduction, changes: readonly Change[]): Reduction {
  const counts = new Map<string, number>();
  const purged = new Set(reduction.purges.map(({ id }) => id));
  for (const change of changes) {
    if (change.kind !== 'delete' || change.erasureId === undefined || !purged.has(change.id)) continue;
    counts.set(change.erasureId, (counts.get(change.erasureId) ?? 0) + 1);
  }
  if (counts.size === 0) return reduction;
  const steps = [...counts].map(([id, messages]) => ({ id, messages, redactions: 0, cursorId: null, isDone: false }));
  return { ...reduction, erasures: steps };
}
