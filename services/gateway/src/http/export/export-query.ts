import type { MessageQuery } from '@dms/event-log';
import type { Parsed } from '@dms/protocol';
import { toScope } from '../message-query.ts';
import { exportQuerySchema, parseParameters } from '../query-schemas.ts';
import { EXPORT_FORMATS, type ExportFormat } from './export-formats.ts';

export interface ExportQuery {
  readonly scope: Omit<MessageQuery, 'cursor' | 'limit'>;
  /** Message ids, both exclusive. */
  readonly after: string;
  readonly before: string;
  readonly format: ExportFormat;
}

/** The query of `/export`. `withinChannels` comes from the caller's key. Names every wrong parameter. */
export function parseExportQuery(
  pairs: Iterable<readonly [string, string]>,
  withinChannels: readonly string[] | null,
): Parsed<ExportQuery> {
  const parsed = parseParameters(pairs, exportQuerySchema);
  if (!parsed.ok) return parsed;
  const { after, before, format, include_deleted: includeDeleted } = parsed.value;
  const scope = { ...toScope(parsed.value, withinChannels), withThreads: true, includeDeleted, search: null };
  return { ok: true, value: { scope, after, before, format: EXPORT_FORMATS[format] } };
}
