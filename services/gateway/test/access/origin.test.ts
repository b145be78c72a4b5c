import { describe, expect, it } from '@jest/globals';
import { createOriginPolicy } from '../../src/access/origin.ts';

const HOST = 'stream.example:8080';

describe('origin policy', () => {
  const isAllowed = createOriginPolicy(['https://app.example', 'http://localhost:5173']);

  it.each([
    ['no origin: not a browser', undefined],
    ['a listed origin', 'https://app.example'],
    ['a listed origin with a port', 'http://localhost:5173'],
    ['the host itself', `http://${HOST}`],
    ['the host itself behind a proxy that ends TLS', `https://${HOST}`],
  ])('allows %s', (_name, origin) => {
    expect(isAllowed(origin, HOST)).toBe(true);
  });

  it.each([
    ['another host', 'https://evil.example'],
    ['a longer host', 'https://app.example.evil.example'],
    ['a host that ends alike', 'https://evilapp.example'],
    ['another scheme', 'http://app.example'],
    ['another port', 'https://app.example:444'],
    ['another port of this host', 'http://stream.example:8081'],
    ['this host without its port', 'http://stream.example'],
    ['a trailing slash', 'https://app.example/'],
    ['capitals', 'https://APP.example'],
    ['a user name that looks like this host', `http://${HOST}@evil.example`],
    ['a path that looks like this host', `http://evil.example/${HOST}`],
    ['this host with a user name', `http://evil@${HOST}`],
    ['the opaque origin', 'null'],
    ['the empty origin', ''],
    ['two origins', 'https://app.example, https://evil.example'],
    ['a lookalike letter', 'https://аpp.example'],
    ['another kind of URL', `file://${HOST}`],
  ])('refuses %s', (_name, origin) => {
    expect(isAllowed(origin, HOST)).toBe(false);
  });

  it('compares the host without regard to case, as browsers write it in lower case', () => {
    expect(isAllowed('http://stream.example:8080', 'Stream.Example:8080')).toBe(true);
  });

  it('takes no origin for the same one when the request names no host', () => {
    expect(isAllowed('http://stream.example', undefined)).toBe(false);
  });

  it('allows every origin under *', () => {
    const isAllowedAnywhere = createOriginPolicy(['*']);
    expect(['https://evil.example', 'null', ''].map((origin) => isAllowedAnywhere(origin, HOST))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('allows nothing but the host itself when nothing is listed', () => {
    const isAllowedHere = createOriginPolicy([]);
    expect(isAllowedHere('https://app.example', HOST)).toBe(false);
    expect(isAllowedHere(`http://${HOST}`, HOST)).toBe(true);
  });
});
