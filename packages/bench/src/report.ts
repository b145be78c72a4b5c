import { cpus, loadavg, platform, release, totalmem } from 'node:os';

export type Cell = string | number | null;

/** What a benchmark found: a table for people and the same figures for machines. */
export interface Report {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly notes: readonly string[];
  readonly figures: unknown;
}

const GIB = 2 ** 30;

/** Load of the last minute. Figures of a busy machine say little on their own; ratios of one run say more. */
export const loadNow = (): number => Number((loadavg()[0] ?? 0).toFixed(2));

/** Prints the table, what to know about it, and one line of JSON. */
export function printReport(report: Report, command: string, loadBefore: number, write: (text: string) => void): void {
  const load = { before: loadBefore, after: loadNow() };
  const machine = describeMachine();
  write(`\n${report.title}\n\n${formatTable(report.columns, report.rows)}\n\n`);
  for (const note of report.notes) write(`${note}\n`);
  write(`${machine}, Node ${process.version}, load ${load.before} before and ${load.after} after\n\n`);
  const { figures } = report;
  const record = { command, date: new Date().toISOString(), machine, node: process.version, load, figures };
  write(`${JSON.stringify(record)}\n`);
}

function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / GIB)} GiB, ${platform()} ${release()}`;
}

/** Text to the left, numbers to the right; what could not be measured is a dash. */
export function formatTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [columns, ...rows.map((row) => row.map(formatCell))];
  const widths = columns.map((_, index) => Math.max(...texts.map((row) => row[index]?.length ?? 0)));
  const isNumeric = columns.map((_, index) => rows.every((row) => typeof row[index] !== 'string'));
  const line = (row: readonly string[]): string =>
    row
      .map((text, index) =>
        isNumeric[index] === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const [head = [], ...body] = texts;
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

function formatCell(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell)) return cell.toLocaleString('en-US');
  return cell.toFixed(Math.abs(cell) < 10 ? 2 : 1);
}
