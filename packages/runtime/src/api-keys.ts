import { createHash } from 'node:crypto';
import { z } from 'zod';

export const API_SCOPES = ['read', 'stats', 'admin'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

/** A key somebody may present. Only its digest is known here. */
export interface ApiKey {
  /** What logs show. */
  readonly name: string;
  /** Lower-case hex. Compare digests in constant time. */
  readonly sha256: string;
  readonly scopes: readonly ApiScope[];
  /** All that the key may ever see; null = everything. */
  readonly channelIds: readonly string[] | null;
}

/** The digest under which a presented key is looked up. Keys are long and random, so a plain hash suffices. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** The key of `API_KEY`: named `API_KEY`, every scope, every channel. */
export function masterApiKey(key: string): ApiKey {
  return { name: 'API_KEY', sha256: hashApiKey(key), scopes: API_SCOPES, channelIds: null };
}

const FORMAT = 'name:sha256hex[:scope+scope[:channel+channel]]';
const NAME_PATTERN = /^[\w.-]{1,64}$/;
const DIGEST_PATTERN = /^[\da-f]{64}$/i;
const CHANNEL_PATTERN = /^[1-9]\d{0,18}$/;
const DEFAULT_SCOPES = ['read'] as const;

/** A comma-separated list of `name:sha256hex[:scope+scope[:channel+channel]]`. Without scopes a key may only `read`; without
 *  channels it sees all. Names and digests must not repeat. Problems name the entry's place, never its text. */
export const apiKeysSchema = z.string().transform((text, context): readonly ApiKey[] => {
  const keys: ApiKey[] = [];
  const entries = text.split(',').map((entry) => entry.trim());
  for (const [index, entry] of entries.entries()) {
    if (entry === '') continue;
    const parsed = parseApiKey(entry);
    const problem = typeof parsed === 'string' ? parsed : repeated(parsed, keys);
    if (problem !== null) context.addIssue({ code: 'custom', message: `entry ${index + 1} ${problem}` });
    else if (typeof parsed !== 'string') keys.push(parsed);
  }
  return keys;
});

function parseApiKey(entry: string): ApiKey | string {
  const [name = '', sha256 = '', scopeList = '', channelList = '', ...rest] = entry.split(':');
  if (rest.length > 0) return `must be ${FORMAT}`;
  if (!NAME_PATTERN.test(name)) return `must be ${FORMAT} with a name of 1 to 64 letters, digits, "_", "." or "-"`;
  if (!DIGEST_PATTERN.test(sha256))
    return `must be ${FORMAT}; the second part is the SHA-256 of the key as 64 hex digits`;
  const names = scopeList === '' ? DEFAULT_SCOPES : scopeList.split('+');
  const scopes = API_SCOPES.filter((scope) => names.some((candidate) => candidate === scope));
  if (scopes.length !== new Set(names).size) return `may have only the scopes ${API_SCOPES.join(', ')}`;
  const channelIds = channelList === '' ? null : channelList.split('+');
  if (channelIds?.some((id) => !CHANNEL_PATTERN.test(id))) return 'must list channels as Discord ids, joined by "+"';
  return { name, sha256: sha256.toLowerCase(), scopes, channelIds };
}

function repeated(key: ApiKey, earlier: readonly ApiKey[]): string | null {
  if (earlier.some((other) => other.name === key.name)) return 'repeats the name of an earlier entry';
  return earlier.some((other) => other.sha256 === key.sha256) ? 'repeats the key of an earlier entry' : null;
}
