import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { findKeyParameter, presentedKey } from '../../src/access/presented-key.ts';

describe('presented key', () => {
  it.each<[string, IncomingHttpHeaders, string | null]>([
    ['nothing', {}, null],
    ['a bearer', { authorization: 'Bearer abc' }, 'abc'],
    ['the scheme in lower case', { authorization: 'bearer abc' }, 'abc'],
    ['more space', { authorization: '  Bearer   abc  ' }, 'abc'],
    ['a bearer without a key, which is a wrong one', { authorization: 'Bearer' }, ''],
    ['a bearer followed by nothing', { authorization: 'Bearer ' }, ''],
    ['a proxy’s own scheme', { authorization: 'Basic dXNlcjpwYXNz' }, null],
    ['a word that only begins alike', { authorization: 'Bearerabc' }, null],
    ['X-API-Key', { 'x-api-key': 'abc' }, 'abc'],
    ['an empty X-API-Key, which is a wrong one', { 'x-api-key': '' }, ''],
    ['a subprotocol', { 'sec-websocket-protocol': 'dms.v1, bearer.abc' }, 'abc'],
    ['a key with dots as subprotocol', { 'sec-websocket-protocol': 'bearer.a.b.c,dms.v1' }, 'a.b.c'],
    ['only our subprotocol', { 'sec-websocket-protocol': 'dms.v1' }, null],
    ['an empty subprotocol key, which is a wrong one', { 'sec-websocket-protocol': 'bearer.' }, ''],
    [
      'Authorization before the others',
      { authorization: 'Bearer a', 'x-api-key': 'b', 'sec-websocket-protocol': 'bearer.c' },
      'a',
    ],
    ['X-API-Key behind a proxy’s scheme', { authorization: 'Basic x', 'x-api-key': 'b' }, 'b'],
  ])('reads %s', (_name, headers, key) => {
    expect(presentedKey(headers)).toBe(key);
  });
});

describe('key in the query', () => {
  it.each(['key', 'token', 'api_key', 'apikey', 'access_token', 'API_KEY', 'Token'])('is noticed as %s', (name) => {
    expect(
      findKeyParameter([
        ['limit', '1'],
        [name, 'x'],
      ]),
    ).toBe(name);
  });

  it('is not suspected elsewhere', () => {
    expect(
      findKeyParameter([
        ['limit', '1'],
        ['channel_id', '5'],
        ['keys', '1'],
      ]),
    ).toBeNull();
  });
});
