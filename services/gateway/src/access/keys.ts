import { timingSafeEqual } from 'node:crypto';
import { type ApiKey, type ApiScope, hashApiKey } from '@dms/runtime';

export interface KeySettings {
  /** Those of `API_KEYS`, and that of `API_KEY` (`masterApiKey`). */
  readonly apiKeys: readonly ApiKey[];
  /** False leaves the `read` doors open to callers without a key. */
  readonly requireApiKey: boolean;
}

export interface GrantedKey {
  /** For logs; the key itself never is. */
  readonly name: string;
  /** The only channels it may ever see, threads included; null = all. */
  readonly channels: readonly string[] | null;
}

export type Authorization =
  | { readonly ok: true; readonly key: GrantedKey }
  | { readonly ok: false; readonly status: 401 | 403; readonly detail: string };

export type Authorize = (presented: string | null, scope: ApiScope) => Authorization;

const ANONYMOUS: GrantedKey = { name: 'anonymous', channels: null };
const HOW_TO_PRESENT =
  'Send the key as "Authorization: Bearer <key>" or "X-API-Key: <key>", or beside "dms.v1" as subprotocol "bearer.<key>".';

function decodeDigest(key: ApiKey): Buffer {
  // Buffer.from would silently cut a wrong digest short, and comparing lengths that differ throws on every request.
  if (!/^[0-9a-f]{64}$/i.test(key.sha256))
    throw new TypeError(`API key "${key.name}": its digest is no SHA-256 in hex`);
  return Buffer.from(key.sha256, 'hex');
}

/** Decides from a presented key alone. A wrong key is refused even where none is needed, so that a typing error never
 *  quietly widens or narrows what its owner sees. `read` without need of a key accepts any right key, whatever its scopes. */
export function createAuthorize(settings: KeySettings): Authorize {
  const known = settings.apiKeys.map((key) => ({
    digest: decodeDigest(key),
    scopes: key.scopes,
    granted: { name: key.name, channels: key.channelIds },
  }));

  // Every digest is compared, so that the time taken says nothing about which key came close.
  const find = (presented: string) => {
    const digest = Buffer.from(hashApiKey(presented), 'hex');
    return known.filter((candidate) => timingSafeEqual(candidate.digest, digest))[0];
  };

  return (presented, scope) => {
    const isOpen = scope === 'read' && !settings.requireApiKey;
    if (!isOpen && known.length === 0) {
      return {
        ok: false,
        status: 403,
        detail: `The "${scope}" scope needs a key and none is configured: set API_KEY.`,
      };
    }
    if (presented === null) {
      return isOpen
        ? { ok: true, key: ANONYMOUS }
        : { ok: false, status: 401, detail: `This needs a key with the "${scope}" scope. ${HOW_TO_PRESENT}` };
    }
    const match = find(presented);
    if (match === undefined) return { ok: false, status: 401, detail: 'The key is not known here, or no longer.' };
    if (isOpen || match.scopes.includes(scope)) return { ok: true, key: match.granted };
    return { ok: false, status: 403, detail: `The key "${match.granted.name}" lacks the "${scope}" scope.` };
  };
}
