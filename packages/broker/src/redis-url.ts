/** What ioredis needs to know about a server. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** Present = encrypted, with the certificate checked for `host`. */
  readonly tls?: Record<string, never>;
}

const DEFAULT_PORT = 6379;

/** Reads `redis://[user:password@]host[:port][/db]` and `rediss://…`. Parsed here because ioredis would let options in the query
 *  of the URL override ours. @throws TypeError without repeating the URL, which holds a password. */
export function parseRedisUrl(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new TypeError('a Redis URL must be redis://host:port or rediss://host:port');
  }
  if (!/^\/?\d{0,4}$/.test(url.pathname)) throw new TypeError('the path of a Redis URL must be a database number');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: Number(url.pathname.slice(1)),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}
