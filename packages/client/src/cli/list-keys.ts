import { SCOPES } from './api-key.ts';

const ENTRY = /^([^:]+):([0-9a-f]{64})(?::([^:]*))?(?::([^:]*))?$/i;
const DIGEST_CHARACTERS = 8;

interface KeyRow {
  readonly name: string;
  readonly scopes: string;
  readonly channels: string;
  /** Enough of the digest to tell two keys of one name apart. */
  readonly digest: string;
}

/** What each configured key may do, as a table. The second list says what the server would refuse, without the entry itself. */
export function listKeys(apiKey: string | undefined, apiKeys: string | undefined) {
  const entries = (apiKeys ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const rows: KeyRow[] =
    apiKey === undefined ? [] : [{ name: 'API_KEY', scopes: SCOPES.join(' '), channels: 'all', digest: '' }];
  const problems: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const [, name = '', digest = '', scopes = '', channels = ''] = ENTRY.exec(entry) ?? [];
    const unknown = scopes.split('+').find((scope) => scope !== '' && !SCOPES.some((known) => known === scope));
    if (name === '') problems.push(`entry ${index + 1} of API_KEYS is not name:sha256hex[:scopes[:channels]]`);
    else if (unknown !== undefined) problems.push(`${name} of API_KEYS has the unknown scope "${unknown}"`);
    rows.push({
      name: name || `entry ${index + 1}`,
      scopes: scopes.replaceAll('+', ' ') || 'read',
      channels: channels.replaceAll('+', ' ') || 'all',
      digest: digest.slice(0, DIGEST_CHARACTERS),
    });
  }
  return { lines: rows.length === 0 ? [] : tableOf(rows), problems };
}

function tableOf(rows: readonly KeyRow[]): string[] {
  const table = [
    ['NAME', 'SCOPES', 'CHANNELS', 'SHA-256'],
    ...rows.map((row) => [row.name, row.scopes, row.channels, row.digest]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
