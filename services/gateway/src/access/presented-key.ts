import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^Bearer(?:\s+(.*))?$/i;
const BEARER_SUBPROTOCOL = 'bearer.';
const KEY_PARAMETERS: ReadonlySet<string> = new Set(['key', 'token', 'api_key', 'apikey', 'access_token']);

function fromAuthorization(value: string | undefined): string | null {
  const match = BEARER.exec(value?.trim() ?? '');
  return match === null ? null : (match[1] ?? '');
}

/** Browsers cannot set headers on a WebSocket, only subprotocols. */
function fromSubprotocols(value: string | undefined): string | null {
  const offered = (value ?? '').split(',').map((name) => name.trim());
  const bearer = offered.find((name) => name.startsWith(BEARER_SUBPROTOCOL));
  return bearer === undefined ? null : bearer.slice(BEARER_SUBPROTOCOL.length);
}

/** The key a request carries, or null. `Authorization` wins over `X-API-Key` over the subprotocol; another scheme than
 *  Bearer belongs to a proxy before us and counts as no key. */
export function presentedKey(headers: IncomingHttpHeaders): string | null {
  const apiKey = headers['x-api-key'];
  return (
    fromAuthorization(headers.authorization) ??
    (Array.isArray(apiKey) ? apiKey.join(',') : apiKey) ??
    fromSubprotocols(headers['sec-websocket-protocol'])
  );
}

/** The first query parameter that looks like a key, or null. URLs end in logs and histories: such a request is refused. */
export function findKeyParameter(pairs: Iterable<readonly [string, string]>): string | null {
  for (const [name] of pairs) if (KEY_PARAMETERS.has(name.toLowerCase())) return name;
  return null;
}

/** Tells the caller of such a URL what to do instead. */
export const KEY_PARAMETER_DETAIL =
  'A key never belongs in a URL. Send it as "Authorization: Bearer <key>" or "X-API-Key: <key>"; ' +
  'a browser opens its WebSocket with the subprotocols ["dms.v1", "bearer.<key>"].';
