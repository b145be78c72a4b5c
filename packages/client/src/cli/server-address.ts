import { UsageError } from './usage-error.ts';

const DEFAULT_URL = 'http://localhost:3000';
const PROTOCOLS = ['ws:', 'wss:', 'http:', 'https:'];

/** The server of `--url`, of `DMS_URL`, or on this machine: without a path, as HTTP. @throws UsageError */
export function serverAddress(flag: string | undefined, fallback: string | undefined): string {
  const text = flag ?? fallback ?? DEFAULT_URL;
  const name = flag === undefined ? 'DMS_URL' : '--url';
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !PROTOCOLS.includes(url.protocol)) {
    throw new UsageError(`${name} must be http://host[:port] or https://host`);
  }
  if (url.search !== '' || url.hash !== '')
    throw new UsageError(`${name} takes no parameters: there are flags for them`);
  return `${url.protocol.replace('ws', 'http')}//${url.host}${url.pathname.replace(/(\/v1)?\/ws\/?$|\/$/, '')}`;
}

/** The stream of that server. */
export const streamAddress = (server: string): string => `${server.replace(/^http/, 'ws')}/ws`;
