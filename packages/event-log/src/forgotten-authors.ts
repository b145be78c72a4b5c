import { compareSnowflakes } from '@dms/protocol';
import type { Change, MarkChange, MessageChange } from './change.ts';
import type { Database } from './database.ts';
import { redactMessage } from './redact-message.ts';
import { integer, nullableText, text } from './rows.ts';

interface Forgotten {
  /** Of smaller ids nothing is stored. */
  readonly beforeId: string;
  readonly isOptedOut: boolean;
}

/** Whose words may not be stored, as of one `version` of the list. Every commit names the version it was held against, and
 *  the database refuses it once there is a newer one. */
export interface ForgottenAuthors {
  readonly version: number;
  readonly authors: ReadonlyMap<string, Forgotten>;
}

/** One statement, so that list and version belong together. */
const LOAD = `SELECT head.consent, f.user_id::text, f.before_id::text, f.opted_out_at::text
  FROM head LEFT JOIN forgotten_author AS f ON true WHERE head.id = 1`;

export async function loadForgottenAuthors(database: Database): Promise<ForgottenAuthors> {
  const rows = await database.query(LOAD);
  const [first] = rows;
  const authors = rows.flatMap((row): (readonly [string, Forgotten])[] => {
    if (row.user_id === null) return [];
    const isOptedOut = nullableText(row, 'opted_out_at') !== null;
    return [[text(row, 'user_id'), { beforeId: text(row, 'before_id'), isOptedOut }]];
  });
  return { version: first === undefined ? 0 : integer(first, 'consent'), authors: new Map(authors) };
}

/** Whether what the message says of the user may not be stored. */
export function isForgotten({ authors }: ForgottenAuthors, userId: string, messageId: string): boolean {
  const entry = authors.get(userId);
  return entry !== undefined && (entry.isOptedOut || compareSnowflakes(messageId, entry.beforeId) < 0);
}

/** What of the changes may be stored: without the messages of forgotten authors, without what other messages carry of them,
 *  and with the marks of those who opted out as nobody's. The very same list while nobody is forgotten. */
export function withoutForgotten(changes: readonly Change[], forgotten: ForgottenAuthors): readonly Change[] {
  if (forgotten.authors.size === 0) return changes;
  return changes.flatMap((change): readonly Change[] => {
    if (change.kind === 'message') return present(rememberedMessage(change, forgotten));
    return change.kind === 'mark' ? [nobodysMark(change, forgotten)] : [change];
  });
}

function rememberedMessage(change: MessageChange, forgotten: ForgottenAuthors): MessageChange | null {
  if (isForgotten(forgotten, change.authorId, change.id)) return null;
  const payload = redactMessage(change.payload, change.id, forgotten);
  // The digest stays Discord's, so that the next sighting of the same message is nothing new.
  if (payload === null || payload === change.payload) return payload === null ? null : change;
  return { ...change, payload };
}

/** It counts, and nobody knows whose it is. */
function nobodysMark(change: MarkChange, { authors }: ForgottenAuthors): MarkChange {
  if (change.userId === null || authors.get(change.userId)?.isOptedOut !== true) return change;
  const { user_id, display, member, ...rest } = JSON.parse(change.payload);
  return { ...change, userId: null, payload: JSON.stringify(rest) };
}

const present = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);
