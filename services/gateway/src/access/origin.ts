/** `origin` and `host` are the request headers of those names. */
export type IsAllowedOrigin = (origin: string | undefined, host: string | undefined) => boolean;

/** A page served by this very host; `Host` is what the browser connected to, also behind a proxy that ends TLS. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  // The serialised form, so that nothing hides in a path, a user name or an unusual spelling.
  return url.origin === origin && url.host === host.toLowerCase();
}

/** The one answer for CORS and for the WebSocket upgrade, which CORS does not cover. Without an `Origin` header the caller
 *  is no browser: allowed. A present one must equal this host or, byte for byte, an entry of `allowedOrigins`; `*` allows all. */
export function createOriginPolicy(allowedOrigins: readonly string[]): IsAllowedOrigin {
  const allowed = new Set(allowedOrigins);
  return (origin, host) => {
    if (origin === undefined || allowed.has('*') || allowed.has(origin)) return true;
    return isSameOrigin(origin, host);
  };
}
