export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export const isSameHost = (a: HostPort, b: HostPort): boolean => a.host === b.host && a.port === b.port;

/** Absent = the server asks for none. A password without a name belongs to the user `default`. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
}

/** How to talk to a Redis server, wherever it is. */
export interface RedisAccess {
  readonly login: Login;
  readonly db: number;
  /** TLS, with the certificate checked for the host that is connected to. */
  readonly isEncrypted: boolean;
}

export type RedisUrl =
  | { readonly kind: 'server'; readonly access: RedisAccess; readonly server: HostPort }
  | {
      readonly kind: 'sentinel';
      readonly access: RedisAccess;
      readonly sentinels: readonly HostPort[];
      readonly masterName: string;
      /** Sentinels have users of their own. */
      readonly sentinelLogin: Login;
    }
  | { readonly kind: 'cluster'; readonly access: RedisAccess; readonly nodes: readonly HostPort[] };

export type BrokerUrl = { readonly kind: 'memory' } | RedisUrl;

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
const SCHEME = /^(rediss?)(-sentinel|-cluster)?:\/\/([^/?#]*@)?([^/?#@]*)(.*)$/i;

/** The grammar of `REDIS_URL`:
 *
 *      memory:
 *      redis://[login@]host[:6379][/db]
 *      redis-sentinel://[login@]host[:26379][,…]/master-name[/db][?sentinelUsername=…&sentinelPassword=…]
 *      redis-cluster://[login@]host[:6379][,…]
 *
 *  and the same with `rediss` for TLS, to the sentinels too. `login` is `user:password` or `:password`, for the servers. What is
 *  special in a URL is percent-encoded; `+` is a plus sign. Parsed here because no standard URL has several hosts, and because
 *  ioredis would let options in the query override ours; the query of `redis://` is ignored.
 *  @throws TypeError without repeating the URL, which holds passwords. */
export function parseBrokerUrl(text: string): BrokerUrl {
  const read = readBrokerUrl(text);
  if (typeof read === 'string') throw new TypeError(`the broker URL ${read}`);
  return read;
}

/** What is wrong with a broker URL, in words that read on from its name (`must be …`) and do not repeat it; null = nothing. */
export function brokerUrlProblem(text: string): string | null {
  const read = readBrokerUrl(text);
  return typeof read === 'string' ? read : null;
}

export const passwordsOf = (...logins: readonly Login[]): readonly string[] =>
  logins.flatMap(({ password }) => password ?? []);

type Problem = string;

function readBrokerUrl(text: string): BrokerUrl | Problem {
  if (text === 'memory:') return { kind: 'memory' };
  const parts = SCHEME.exec(text);
  if (parts === null) {
    return 'must be redis://host:port, redis-sentinel://host:port,host:port/master-name, redis-cluster://host:port,host:port (rediss for TLS), or memory: for a single process';
  }
  const [, scheme = '', kind = '', loginText = '', hostList = '', rest = ''] = parts;
  const hosts = readHosts(hostList, kind.toLowerCase() === '-sentinel' ? SENTINEL_PORT : REDIS_PORT);
  const login = readLogin(loginText);
  if (hosts === null) {
    return 'must name each host as host or host:port, parted by commas; what is special in a user or password is percent-encoded';
  }
  if (login === null) return 'must percent-encode what is special in the user and the password';
  const access = { login, db: 0, isEncrypted: scheme.toLowerCase() === 'rediss' };
  if (kind === '') return readServer(access, hosts, rest);
  if (kind.toLowerCase() === '-sentinel') return readSentinels(access, hosts, rest);
  if (!/^\/?$/.test(rest))
    return 'must end after its hosts: a cluster has no master name, one database and no parameters';
  return { kind: 'cluster', access, nodes: hosts };
}

function readServer(access: RedisAccess, hosts: readonly HostPort[], rest: string): RedisUrl | Problem {
  const [server, ...others] = hosts;
  if (server === undefined || others.length > 0) {
    return 'must name one host; several are redis-sentinel://…/master-name or redis-cluster://…';
  }
  const path = /^(?:\/(\d{0,4}))?(?:[?#].*)?$/.exec(rest);
  if (path === null) return 'must have a database number or nothing behind its host';
  return { kind: 'server', access: { ...access, db: Number(path[1] ?? '') }, server };
}

function readSentinels(access: RedisAccess, sentinels: readonly HostPort[], rest: string): RedisUrl | Problem {
  const path = /^\/([^/?#]+)(?:\/(\d{0,4}))?(?:\?([^#]*))?$/.exec(rest);
  const masterName = decode(path?.[1] ?? '');
  if (path === null || masterName === null) return 'must have /master-name or /master-name/database behind its hosts';
  const [, , db = '', query = ''] = path;
  const sentinelLogin = readSentinelLogin(query);
  if (sentinelLogin === null) {
    return 'may have only the parameters sentinelUsername and sentinelPassword, percent-encoded, the first not without the second';
  }
  return { kind: 'sentinel', access: { ...access, db: Number(db) }, sentinels, masterName, sentinelLogin };
}

function readHosts(list: string, defaultPort: number): readonly HostPort[] | null {
  const hosts = list.split(',').map((text) => readHost(text, defaultPort));
  return hosts.every((host) => host !== null) ? hosts : null;
}

function readHost(text: string, defaultPort: number): HostPort | null {
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : null;
  if (url === null || url.hostname === '') return null;
  // An IPv6 address stands in brackets in a URL, and without them everywhere else.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? defaultPort : Number(url.port) };
}

/** `user:password@`; only the first colon parts them. */
function readLogin(text: string): Login | null {
  const [, user = '', secret = ''] = /^([^:]*):?(.*)@$/.exec(text) ?? [];
  return loginOf(decode(user), decode(secret));
}

/** Strict, because a misspelt name would be a login that is silently not used. */
function readSentinelLogin(query: string): Login | null {
  const values = new Map<string, string | null>([
    ['sentinelUsername', ''],
    ['sentinelPassword', ''],
  ]);
  for (const parameter of query === '' ? [] : query.split('&')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(parameter) ?? [];
    if (!values.has(name)) return null;
    values.set(name, decode(value));
  }
  const login = loginOf(values.get('sentinelUsername') ?? null, values.get('sentinelPassword') ?? null);
  return login?.username !== undefined && login.password === undefined ? null : login;
}

function loginOf(username: string | null, password: string | null): Login | null {
  if (username === null || password === null) return null;
  return { ...(username !== '' && { username }), ...(password !== '' && { password }) };
}

/** Null = a percent sign that begins no escape. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
