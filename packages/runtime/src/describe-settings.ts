import type { Settings } from './setting.ts';

/** One line of the configuration reference. */
export interface SettingRow {
  readonly name: string;
  readonly description: string;
  /** Null when there is none; an empty text is a default too. */
  readonly default: string | null;
  readonly example: string | null;
  readonly isSecret: boolean;
  readonly isRequired: boolean;
}

/** In the order of `settings`. */
export function describeSettings(settings: Settings): readonly SettingRow[] {
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    description: setting.description,
    default: setting.default ?? null,
    example: setting.example ?? null,
    isSecret: setting.isSecret,
    isRequired: setting.default === undefined && !setting.schema.safeParse(undefined).success,
  }));
}

const tableCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** A Markdown table, one row per variable. */
export function renderMarkdownTable(rows: readonly SettingRow[]): string {
  const lines = rows.map(
    (row) => `| \`${row.name}\` | ${tableCell(shownDefault(row))} | ${tableCell(row.description)}${secretNote(row)} |`,
  );
  return ['| variable | default | meaning |', '|---|---|---|', ...lines, ''].join('\n');
}

function shownDefault(row: SettingRow): string {
  if (row.isRequired) return 'required';
  return row.default === null || row.default === '' ? '–' : `\`${row.default}\``;
}

const secretNote = (row: SettingRow): string => (row.isSecret ? ' Secret.' : '');

/** A .env file in which every variable is commented out, so that it changes nothing until somebody edits it. */
export function renderEnvExample(rows: readonly SettingRow[]): string {
  const blocks = rows.map((row) => {
    const note = row.isRequired ? ' Required.' : '';
    return `# ${row.description.replaceAll('\n', ' ')}${note}\n# ${row.name}=${row.default || row.example || ''}\n`;
  });
  return blocks.join('\n');
}
