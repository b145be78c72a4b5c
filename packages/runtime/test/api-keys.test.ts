import { apiKeysSchema, hashApiKey, masterApiKey } from '@dms/runtime';
import { describe, expect, it } from '@jest/globals';

const DIGEST = hashApiKey('first');
const OTHER_DIGEST = hashApiKey('second');

const problemsOf = (text: string): readonly string[] => {
  const parsed = apiKeysSchema.safeParse(text);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.message);
};

describe('API_KEYS', () => {
  it('reads names, digests, scopes and channels; a bare key may only read', () => {
    expect(apiKeysSchema.parse(`ops:${DIGEST.toUpperCase()}:stats+read, site:${OTHER_DIGEST}::10+20,`)).toEqual([
      { name: 'ops', sha256: DIGEST, scopes: ['read', 'stats'], channelIds: null },
      { name: 'site', sha256: OTHER_DIGEST, scopes: ['read'], channelIds: ['10', '20'] },
    ]);
    expect(apiKeysSchema.parse('')).toEqual([]);
  });

  it('gives API_KEY every scope', () => {
    expect(masterApiKey('first')).toEqual({
      name: 'API_KEY',
      sha256: DIGEST,
      scopes: ['read', 'stats', 'admin'],
      channelIds: null,
    });
  });

  it('names the place of every bad entry and never its text', () => {
    const canary = 'canary-plain-key';
    const text = [canary, `a:${canary}`, `b:${DIGEST}:root`, `c:${DIGEST}:read:${canary}`, `d:${DIGEST}:::x`].join(',');
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual([1, 2, 3, 4, 5].map((place) => `entry ${place}`));
    expect(problems.join()).not.toContain(canary);
  });

  it('refuses a repeated name and a repeated key', () => {
    expect(problemsOf(`a:${DIGEST},a:${OTHER_DIGEST}`)).toEqual(['entry 2 repeats the name of an earlier entry']);
    expect(problemsOf(`a:${DIGEST},b:${DIGEST}`)).toEqual(['entry 2 repeats the key of an earlier entry']);
  });
});
