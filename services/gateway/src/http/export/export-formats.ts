import type { StoredMessageRow } from '@dms/event-log';
import { csvHeader, csvLine } from './csv.ts';

/** How a history is written down, piece by piece. */
export interface ExportFormat {
  readonly contentType: string;
  readonly extension: string;
  readonly start: string;
  /** `isFirst`: nothing was written before. */
  chunk(rows: readonly StoredMessageRow[], isFirst: boolean): string;
  readonly end: string;
}

const ndjson: ExportFormat = {
  contentType: 'application/x-ndjson; charset=utf-8',
  extension: 'ndjson',
  start: '',
  chunk: (rows) => rows.map(({ payload }) => `${payload}\n`).join(''),
  end: '',
};

const json: ExportFormat = {
  contentType: 'application/json; charset=utf-8',
  extension: 'json',
  start: '[',
  chunk: (rows, isFirst) => (isFirst ? '' : ',') + rows.map(({ payload }) => payload).join(','),
  end: ']',
};

const csv: ExportFormat = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  start: csvHeader(),
  chunk: (rows) => rows.map(({ payload }) => csvLine(payload)).join(''),
  end: '',
};

export const EXPORT_FORMATS = { ndjson, csv, json } as const;
