import { randomUUID } from 'node:crypto';

/** Names under which the server keeps the plans of reads that are repeated: planning a page takes it as long as finding it. */
export interface StatementNames {
  /** Null for what is better planned anew. */
  nameOf(sql: string): string | null;
  /** True when a pooler between us and the server does not keep names with the connection they belong to. From then on there are
   *  none, and what was refused did not run. */
  isRefusal(sqlState: string | null): boolean;
}

/** Of each the server keeps a plan for every connection (I9). Pages of the usual sizes and cursors are far fewer. */
const MAX_STATEMENTS = 64;
/** Named by nobody, or by another client of the same pooler. */
const REFUSALS: ReadonlySet<string | null> = new Set(['26000', '42P05']);

export function createStatementNames(): StatementNames {
  // Behind such a pooler a plan may be found by another process, for which the name must not mean another statement.
  const prefix = randomUUID();
  const names = new Map<string, string>();
  let isNaming = true;
  return {
    nameOf(sql) {
      // How frequent the words of a search are decides its plan.
      if (!isNaming || sql.includes('message_query(')) return null;
      const known = names.get(sql);
      if (known !== undefined) return known;
      if (names.size >= MAX_STATEMENTS) return null;
      const name = `${prefix} ${names.size + 1}`;
      names.set(sql, name);
      return name;
    },
    isRefusal(sqlState) {
      if (!REFUSALS.has(sqlState)) return false;
      isNaming = false;
      return true;
    },
  };
}
