import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { TrustProxy } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressGroup, createClientAddress } from '../../src/access/client-address.ts';

function requestFrom(peer: string | undefined, forwardedFor?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  if (forwardedFor !== undefined) request.headers['x-forwarded-for'] = forwardedFor;
  return request;
}

const address = (trustProxy: TrustProxy, peer: string | undefined, forwardedFor?: string): string =>
  createClientAddress(trustProxy)(requestFrom(peer, forwardedFor));

describe('client address', () => {
  it.each<[string, TrustProxy, string, string | undefined, string]>([
    ['nobody is trusted', 0, '10.0.0.1', '1.2.3.4', '10.0.0.1'],
    ['an empty list trusts nobody', [], '10.0.0.1', '1.2.3.4', '10.0.0.1'],
    ['one hop, no header', 1, '10.0.0.1', undefined, '10.0.0.1'],
    ['one hop takes the right-most entry, not what the client invented', 1, '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['two hops', 2, '10.0.0.1', '6.6.6.6, 1.2.3.4, 10.0.0.2', '1.2.3.4'],
    ['more hops than entries', 5, '10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['a trusted network', ['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, 1.2.3.4, 10.9.9.9', '1.2.3.4'],
    ['a peer outside the trusted network', ['10.0.0.0/8'], '192.0.2.9', '1.2.3.4', '192.0.2.9'],
    ['a trusted name', ['loopback'], '::1', '1.2.3.4', '1.2.3.4'],
    ['an IPv6 network', ['fd00::/8'], 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['an IPv4 peer on a dual socket', ['10.0.0.0/8'], '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
    ['an IPv4 address written as IPv6', 0, '::ffff:1.2.3.4', undefined, '1.2.3.4'],
    ['a forwarded port', 1, '10.0.0.1', '1.2.3.4:55555', '1.2.3.4'],
    ['a forwarded IPv6 address with port', 1, '10.0.0.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['a forwarded word', 1, '10.0.0.1', 'unknown', '10.0.0.1'],
    ['a forwarded script', 1, '10.0.0.1', '<script>alert(1)</script>', '10.0.0.1'],
    ['a trailing comma', 1, '10.0.0.1', '1.2.3.4, ', '1.2.3.4'],
    ['a zone', 0, 'fe80::1%eth0', undefined, 'fe80::1'],
  ])('%s', (_name, trustProxy, peer, forwardedFor, expected) => {
    expect(address(trustProxy, peer, forwardedFor)).toBe(expected);
  });

  it('has an answer for a socket that is already gone', () => {
    expect(address(1, undefined, '1.2.3.4')).toBe('0.0.0.0');
  });

  it('refuses a network that is none', () => {
    expect(() => createClientAddress(['10.0.0.0/99'])).toThrow(TypeError);
  });

  it('never follows the header of an untrusted peer, whatever it says', () => {
    fc.assert(fc.property(fc.string(), (header) => address(['10.0.0.0/8'], '192.0.2.9', header) === '192.0.2.9'));
  });
});

describe('address group', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (text, group) => {
    expect(addressGroup(text)).toBe(group);
  });
});
