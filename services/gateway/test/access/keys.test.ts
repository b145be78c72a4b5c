import { type ApiKey, type ApiScope, hashApiKey, masterApiKey } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';
import { createAuthorize, type KeySettings } from '../../src/access/keys.ts';

const READER: ApiKey = { name: 'reader', sha256: hashApiKey('reader-key'), scopes: ['read'], channelIds: null };
const BOUND: ApiKey = { name: 'bound', sha256: hashApiKey('bound-key'), scopes: ['read'], channelIds: ['7', '8'] };
const OBSERVER: ApiKey = {
  name: 'observer',
  sha256: hashApiKey('observer-key'),
  scopes: ['stats'],
  channelIds: null,
};

const settings = (more: Partial<KeySettings> = {}): KeySettings => ({
  apiKeys: [masterApiKey('master-key'), READER, BOUND, OBSERVER],
  requireApiKey: true,
  ...more,
});

const outcome = (chosen: KeySettings, presented: string | null, scope: ApiScope): string => {
  const authorization = createAuthorize(chosen)(presented, scope);
  return authorization.ok ? authorization.key.name : String(authorization.status);
};

describe('keys', () => {
  it.each<[string | null, string, string, string]>([
    ['master-key', 'API_KEY', 'API_KEY', 'API_KEY'],
    ['reader-key', 'reader', '403', '403'],
    ['bound-key', 'bound', '403', '403'],
    ['observer-key', '403', 'observer', '403'],
    ['wrong-key', '401', '401', '401'],
    ['', '401', '401', '401'],
    ['master-key ', '401', '401', '401'],
    ['MASTER-KEY', '401', '401', '401'],
    [hashApiKey('reader-key'), '401', '401', '401'],
    [null, '401', '401', '401'],
  ])('where a key is required, %j opens read: %s, stats: %s, admin: %s', (presented, read, stats, admin) => {
    expect(outcome(settings(), presented, 'read')).toBe(read);
    expect(outcome(settings(), presented, 'stats')).toBe(stats);
    expect(outcome(settings(), presented, 'admin')).toBe(admin);
  });

  it.each<[string | null, string, string]>([
    [null, 'anonymous', '401'],
    ['reader-key', 'reader', '403'],
    ['observer-key', 'observer', 'observer'],
    ['wrong-key', '401', '401'],
    ['', '401', '401'],
  ])('where reading is open, %j reads as %s and gets stats: %s', (presented, read, stats) => {
    const open = settings({ requireApiKey: false });
    expect(outcome(open, presented, 'read')).toBe(read);
    expect(outcome(open, presented, 'stats')).toBe(stats);
  });

  it('narrows what a channel-bound key sees, also where reading is open', () => {
    const authorization = createAuthorize(settings({ requireApiKey: false }))('bound-key', 'read');
    expect(authorization).toEqual({ ok: true, key: { name: 'bound', channels: ['7', '8'] } });
  });

  it.each<ApiScope>(['stats', 'admin'])('says what to set when no key is configured and %s is asked for', (scope) => {
    const authorize = createAuthorize({ apiKeys: [], requireApiKey: false });
    for (const presented of [null, 'any-key']) {
      expect(authorize(presented, scope)).toEqual({
        ok: false,
        status: 403,
        detail: `The "${scope}" scope needs a key and none is configured: set API_KEY.`,
      });
    }
  });

  it('accepts both the old and the new key of one name while they rotate', () => {
    const next = { ...READER, sha256: hashApiKey('next-reader-key') };
    const rotating = settings({ apiKeys: [READER, next] });
    expect([outcome(rotating, 'reader-key', 'read'), outcome(rotating, 'next-reader-key', 'read')]).toEqual([
      'reader',
      'reader',
    ]);
  });

  it('accepts a digest in capitals', () => {
    const entry = { ...READER, sha256: READER.sha256.toUpperCase() };
    expect(outcome(settings({ apiKeys: [entry] }), 'reader-key', 'read')).toBe('reader');
  });

  it.each(['', 'abc', `${'0'.repeat(63)}g`, '0'.repeat(65)])(
    'refuses to start with the digest %j, naming the key',
    (bad) => {
      expect(() => createAuthorize(settings({ apiKeys: [{ ...READER, sha256: bad }] }))).toThrow(/"reader"/);
    },
  );

  it('never repeats the presented key', () => {
    for (const scope of ['read', 'stats', 'admin'] as const) {
      expect(JSON.stringify(createAuthorize(settings())('canary-4711', scope))).not.toContain('canary-4711');
    }
  });
});
