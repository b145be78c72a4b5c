import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import type { TrustProxy } from '@dms/runtime';
import proxyAddr from 'proxy-addr';

export type { TrustProxy };

/** `hop` counts from the socket's own peer, 0, outwards. */
export type IsTrustedProxy = (address: string, hop: number) => boolean;

/** 0 or an empty list trusts nobody. @throws TypeError for an entry that is neither an address, a CIDR, nor a name that proxy-addr knows (`loopback`, …). */
export function compileTrustProxy(trustProxy: TrustProxy): IsTrustedProxy {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return trustProxy.length === 0 ? () => false : proxyAddr.compile([...trustProxy]);
}

const UNKNOWN_ADDRESS = '0.0.0.0';
const IPV4_MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?$/;

/** Some proxies append the port. Null for what is no address at all. */
function normalize(text: string): string | null {
  const match = WITH_PORT.exec(text);
  const address = (match?.[1] ?? match?.[2] ?? text).replace(/%.*$/, '').replace(IPV4_MAPPED, '');
  return isIP(address) === 0 ? null : address;
}

/** Who is asking, for limits and logs; the same for REST and for upgrades, which never pass through Express.
 *  A forwarded entry that is no address yields the socket's own peer. */
export type ClientAddress = (request: IncomingMessage) => string;

export function createClientAddress(trustProxy: TrustProxy): ClientAddress {
  const isTrusted = compileTrustProxy(trustProxy);
  return (request) => {
    const peer = normalize(request.socket.remoteAddress ?? '') ?? UNKNOWN_ADDRESS;
    // A closed socket has no address, and proxy-addr would not find one either.
    if (peer === UNKNOWN_ADDRESS) return peer;
    return normalize(proxyAddr(request, isTrusted)) ?? peer;
  };
}

const IPV6_GROUPS_OF_64_BITS = 4;

/** The unit that limits count: an IPv4 address, or the /64 that one IPv6 subscriber gets to choose addresses from. */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  // The URL parser is the only canonical IPv6 writer in Node.
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, IPV6_GROUPS_OF_64_BITS).join(':')}::/64`;
}
