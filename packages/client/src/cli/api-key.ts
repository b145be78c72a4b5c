import { createHash, randomBytes } from 'node:crypto';
import { UsageError } from './usage-error.ts';

export const SCOPES = ['read', 'stats', 'admin'] as const;

const KEY_BYTES = 24;
const NAME_PATTERN = /^[\w.-]{1,64}$/;
const CHANNEL_PATTERN = /^[1-9]\d{0,18}$/;

export interface NewKey {
  /** The secret itself; it is nowhere else. */
  readonly key: string;
  /** What the server gets to know of it: an entry of `API_KEYS`. */
  readonly entry: string;
}

/** Makes a random key and its `name:sha256hex[:scope+scope[:channel+channel]]`. `scopes` and `channels` are joined by `+`.
 *  @throws UsageError for what the server would refuse. */
export function createApiKey(name: string, scopes: string | undefined, channels: string | undefined): NewKey {
  if (!NAME_PATTERN.test(name)) throw new UsageError('NAME must be 1 to 64 letters, digits, "_", "." or "-"');
  const scopeList = splitList(scopes, ['read']);
  const channelList = splitList(channels, []);
  const unknown = scopeList.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown !== undefined) throw new UsageError(`--scopes must be of ${SCOPES.join(', ')}, not "${unknown}"`);
  const wrong = channelList.find((id) => !CHANNEL_PATTERN.test(id));
  if (wrong !== undefined) throw new UsageError(`--channels must be Discord ids, not "${wrong}"`);
  const key = `dms_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const digest = createHash('sha256').update(key, 'utf8').digest('hex');
  const parts = [name, digest, scopeList.join('+'), ...(channelList.length > 0 ? [channelList.join('+')] : [])];
  return { key, entry: parts.join(':') };
}

/** `+` is what the entry uses, a comma what every other list of ours uses: both are understood. */
function splitList(text: string | undefined, absent: readonly string[]): readonly string[] {
  return text === undefined ? absent : [...new Set(text.split(/[+,]/).map((item) => item.trim()))];
}
