import { compareSnowflakes } from '@dms/protocol';
import type { Database } from './database.ts';
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
