import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reasonOf } from '../reason-of.ts';
import { type Finding, note, ok, problem } from './finding.ts';

const TIMEOUT_MS = 5_000;
const SCHEME = /^(rediss?)(-sentinel|-cluster)?:\/\/(?:([^/?#]*)@)?([^/?#@]+)(.*)$/i;

interface Server {
  readonly host: string;
  readonly port: number;
  readonly isEncrypted: boolean;
  readonly login: readonly string[];
}

/** Says PING to every host of `REDIS_URL`, after the login. Never rejects. */
export async function checkRedis(url: string | undefined): Promise<readonly Finding[]> {
  if (url === undefined || url === 'memory:') {
    return [note('redis', 'REDIS_URL is not set: enough for standalone; a cluster needs one')];
  }
  const servers = readServers(url);
  if (servers === null) {
    return [
      problem(
        'redis',
        'REDIS_URL cannot be understood',
        'write redis://[user:password@]host[:port], redis-sentinel://host,host/master-name or redis-cluster://host,host',
      ),
    ];
  }
  return Promise.all(servers.map(checkServer));
}

function readServers(url: string): readonly Server[] | null {
  const [, scheme = '', kind = '', login = '', hosts = '', rest = ''] = SCHEME.exec(url) ?? [];
  const isSentinel = kind.toLowerCase() === '-sentinel';
  const names = hosts.split(',').map((host) => (URL.canParse(`redis://${host}`) ? new URL(`redis://${host}`) : null));
  if (names.some((name) => name === null || name.hostname === '')) return null;
  // Sentinels have a login of their own, in the parameters.
  const own = new URLSearchParams(rest.split('?')[1] ?? '');
  const [user = '', ...secret] = login.split(':');
  const words = isSentinel
    ? [own.get('sentinelUsername') ?? '', own.get('sentinelPassword') ?? '']
    : [decodeURIComponent(user), decodeURIComponent(secret.join(':'))];
  return names
    .flatMap((name) => name ?? [])
    .map(({ hostname, port }) => ({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (isSentinel ? 26_379 : 6_379) : Number(port),
      isEncrypted: scheme.toLowerCase() === 'rediss',
      login: words[1] === '' ? [] : words.filter((word) => word !== ''),
    }));
}

async function checkServer(server: Server): Promise<Finding> {
  const subject = `redis ${server.host}:${server.port}`;
  const commands = [...(server.login.length > 0 ? [['AUTH', ...server.login]] : []), ['PING'], ['INFO', 'server']];
  try {
    const replies = await talk(server, commands);
    const refusal = /^-(\S+) ?([^\r\n]*)/m.exec(replies);
    if (refusal !== null && /^(WRONGPASS|NOAUTH|ERR)$/.test(refusal[1] ?? '')) {
      return problem(
        subject,
        `refuses the login: ${refusal[0].slice(1)}`,
        'correct user and password of REDIS_URL; what is special in them is percent-encoded',
      );
    }
    const version = /redis_version:(\S+)/.exec(replies)?.[1];
    return ok(subject, `answers${version === undefined ? '' : `, version ${version}`}`);
  } catch (error) {
    const reason = reasonOf(error);
    return problem(
      subject,
      `cannot be reached (${reason})`,
      `start Redis, or correct host and port of REDIS_URL${server.isEncrypted ? '' : '; rediss:// where it wants TLS'}`,
    );
  }
}

/** Everything the server answers to all commands, which end with QUIT. */
function talk({ host, port, isEncrypted }: Server, commands: readonly (readonly string[])[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = isEncrypted ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
    let replies = '';
    const timer = setTimeout(() => socket.destroy(new Error('no answer within 5 s')), TIMEOUT_MS);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      replies += text;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(replies);
    });
    socket.write([...commands, ['QUIT']].map(encode).join(''));
  });
}

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
