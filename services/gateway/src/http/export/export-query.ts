import type { MessageQuery } from '@dms/event-log';
import { type Parsed, readParameters } from '@dms/protocol';
import { parsePlace, parseScope, problemsOf } from '../message-query.ts';
import { EXPORT_FORMATS, type ExportFormat } from './export-formats.ts';

const PARAMETERS = new Set(['guild_id', 'channel_id', 'author_id', 'after', 'before', 'include_deleted', 'format']);
const MAX_SNOWFLAKE = '9223372036854775807';

export interface ExportQuery {
  readonly scope: Omit<MessageQuery, 'cursor' | 'limit'>;
  /** Message ids, both exclusive. */
  readonly after: string;
  readonly before: string;
  readonly format: ExportFormat;
}

function parseFormat(text: string): Parsed<ExportFormat> {
  const format = EXPORT_FORMATS.get(text);
  if (format !== undefined) return { ok: true, value: format };
  const detail = `must be one of ${[...EXPORT_FORMATS.keys()].join(', ')}`;
  return { ok: false, problems: [{ parameter: 'format', detail }] };
}

/** The query of `/export`. `withinChannels` comes from the caller's key. Names every wrong parameter. */
export function parseExportQuery(
  pairs: Iterable<readonly [string, string]>,
  withinChannels: readonly string[] | null,
): Parsed<ExportQuery> {
  const parameters = readParameters(pairs, PARAMETERS);
  if (!parameters.ok) return parameters;
  const values = parameters.value;
  const scope = parseScope(values, withinChannels);
  const after = parsePlace('after', values.get('after') ?? '0');
  const before = parsePlace('before', values.get('before') ?? MAX_SNOWFLAKE);
  const format = parseFormat(values.get('format') ?? 'ndjson');
  if (!scope.ok || !after.ok || !before.ok || !format.ok) {
    return { ok: false, problems: [scope, after, before, format].flatMap(problemsOf) };
  }
  return { ok: true, value: { scope: scope.value, after: after.value, before: before.value, format: format.value } };
}
