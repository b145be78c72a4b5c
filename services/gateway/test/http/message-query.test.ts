import { isSnowflake, parsePosition, snowflakeAtMs } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseChannelMessageQuery, parseMessageQuery } from '../../src/http/message-query.ts';
import { queryPairs } from '../../src/http/request-guards.ts';

const parse = (query: string, within: readonly string[] | null = null) =>
  parseMessageQuery(queryPairs(`/?${query}`), within);

/** The parameters found wrong; null when none is. */
const wrong = (query: string): readonly string[] | null => {
  const parsed = parse(query);
  return parsed.ok ? null : parsed.problems.map((problem) => problem.parameter);
};

const cursorOf = (query: string) => {
  const parsed = parse(query);
  return parsed.ok ? parsed.value.cursor : null;
};

const NOON = Date.parse('2026-11-01T12:00:00.000Z');

describe('message query', () => {
  it('asks for the newest 50 when nothing is said', () => {
    expect(parse('')).toEqual({
      ok: true,
      value: {
        guildIds: [],
        channelIds: [],
        authorIds: [],
        withinChannels: null,
        cursor: { kind: 'newest' },
        limit: 50,
        includeDeleted: false,
        withThreads: true,
        search: null,
      },
    });
  });

  it('reads every parameter', () => {
    expect(
      parse('guild_id=1&channel_id=3,2,3&author_id=4&before=99&limit=100&include_deleted=true&q=two+words', ['7']),
    ).toEqual({
      ok: true,
      value: {
        guildIds: ['1'],
        channelIds: ['2', '3'],
        authorIds: ['4'],
        withinChannels: ['7'],
        cursor: { kind: 'before', id: '99' },
        limit: 100,
        includeDeleted: true,
        withThreads: true,
        search: 'two words',
      },
    });
  });

  it('keeps a key that may see no channel at all apart from one that may see all', () => {
    const parsed = parse('', []);
    expect(parsed.ok && parsed.value.withinChannels).toEqual([]);
  });

  it.each(['1', '99', '100'])('accepts limit=%s', (limit) => {
    expect(wrong(`limit=${limit}`)).toBeNull();
  });

  it.each([
    '',
    '0',
    '-1',
    '101',
    '1000',
    '1e9',
    '1e1',
    '1.5',
    '1.0',
    '+5',
    '%2B5',
    ' 5',
    '5 ',
    '05',
    '0x10',
    'NaN',
    'Infinity',
    'null',
    '١٠',
    '５',
    '5%00',
    '5%0d%0a',
    '5,6',
    '[5]',
    '%zz',
    '99999999999999999999',
  ])('refuses limit=%s', (limit) => {
    expect(wrong(`limit=${limit}`)).toEqual(['limit']);
  });

  it.each(['before', 'after', 'around'] as const)('reads %s as an id, whole, up to the largest that fits', (kind) => {
    for (const id of ['0', '1', '1234567890123456789', '9223372036854775807']) {
      expect(cursorOf(`${kind}=${id}`)).toEqual({ kind, id });
    }
  });

  it('refuses ids of every impossible length', () => {
    for (let digits = 20; digits <= 40; digits += 1) expect(wrong(`before=${'1'.repeat(digits)}`)).toEqual(['before']);
  });

  it.each([
    '',
    '9223372036854775808',
    '18446744073709551615',
    '-1',
    '01',
    '1e5',
    '1.0',
    '0x1',
    ' 1',
    '1 ',
    '1%00',
    '%00',
    '1%0d%0aX: y',
    '１２',
    '١٢',
    '1,2',
    '1;drop table message',
    "1' or '1'='1",
    '*',
    '%',
    'null',
    'undefined',
    'NaN',
    'tomorrow',
    '2026-13-01',
    '2026-01-32',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:00:00',
    '1:5',
    'latest',
    '10m',
  ])('refuses before=%s', (text) => {
    expect(wrong(`before=${text}`)).toEqual(['before']);
  });

  it('reads a time as the place in the ids where it lies, so that before and after meet without a hole', () => {
    const boundary = snowflakeAtMs(NOON);
    expect(cursorOf('before=2026-11-01T12:00:00.000Z')).toEqual({ kind: 'before', id: boundary });
    expect(cursorOf('around=2026-11-01T12:00:00Z')).toEqual({ kind: 'around', id: boundary });
    expect(cursorOf('after=2026-11-01T12:00Z')).toEqual({ kind: 'after', id: (BigInt(boundary) - 1n).toString() });
  });

  it.each(['2026-11-01T13:00:00+01:00', '2026-11-01T13:00:00%2B01:00', '2026-11-01T07:00:00-05:00'])(
    'understands the time zone of %s, escaped or not',
    (time) => {
      expect(cursorOf(`before=${time}`)).toEqual({ kind: 'before', id: snowflakeAtMs(NOON) });
    },
  );

  it('keeps times outside Discord’s years inside what a database holds', () => {
    expect(cursorOf('before=9999-12-31T23:59:59Z')).toEqual({ kind: 'before', id: '9223372036854775807' });
    expect(cursorOf('after=9999-12-31')).toEqual({ kind: 'after', id: '9223372036854775807' });
    expect(cursorOf('after=0000-01-01')).toEqual({ kind: 'after', id: '0' });
    expect(cursorOf('before=1999-12-31')).toEqual({ kind: 'before', id: '0' });
  });

  it.each([
    ['before=1&after=2', ['after']],
    ['around=1&before=2', ['around']],
    ['before=1&after=2&around=3', ['after']],
    ['limit=1&limit=2', ['limit']],
    ['channel_id=1&channel_id=2', ['channel_id']],
    ['before=1&before=1', ['before']],
    ['types=MESSAGE_CREATE', ['types']],
    ['since=latest', ['since']],
    ['q=', ['q']],
    ['q=%20', ['q']],
    ['q=!%3F', ['q']],
    ['q=word%00', ['q']],
    [`q=${'x'.repeat(257)}`, ['q']],
    ['q=a&q=b', ['q']],
    ['offset=5', ['offset']],
    ['limit[]=5', ['limit[]']],
    ['limit[0]=5', ['limit[0]']],
    ['__proto__=1', ['__proto__']],
    ['constructor=1', ['constructor']],
    ['LIMIT=5', ['LIMIT']],
    ['=5', ['']],
    ['channel_id=', ['channel_id']],
    ['channel_id=1,', ['channel_id']],
    ['channel_id=1,,2', ['channel_id']],
    [
      'guild_id=x&author_id=-1&limit=0&include_deleted=yes&before=?',
      ['guild_id', 'author_id', 'include_deleted', 'before', 'limit'],
    ],
    [`channel_id=${Array.from({ length: 101 }, (_, index) => index + 1).join(',')}`, ['channel_id']],
    ['include_deleted=', ['include_deleted']],
    ['include_deleted=1', ['include_deleted']],
    ['include_deleted=TRUE', ['include_deleted']],
  ])('refuses %s, naming each wrong parameter', (query, parameters) => {
    expect(wrong(query)).toEqual(parameters);
  });

  it('lets a channel’s own page name no other channel', () => {
    expect(parseChannelMessageQuery([['channel_id', '2']], '1', null).ok).toBe(false);
    const parsed = parseChannelMessageQuery([['limit', '5']], '1', ['1']);
    expect(parsed.ok && parsed.value).toMatchObject({ channelIds: ['1'], withinChannels: ['1'], limit: 5 });
  });

  it('never throws, and whatever it accepts is safe to hand to the database', () => {
    const names = fc.constantFrom('before', 'after', 'around', 'limit', 'channel_id', 'author_id', 'include_deleted');
    const digits = fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String);
    const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    const value = fc.oneof(
      digits,
      time,
      fc.integer().map(String),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('true', '50'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, value), { maxLength: 4 }), (pairs) => {
        const parsed = parseMessageQuery(queryPairs(`/?${new URLSearchParams(pairs)}`), null);
        if (!parsed.ok) return parsed.problems.length > 0;
        const { cursor, channelIds, authorIds, limit } = parsed.value;
        const ids = [...channelIds, ...authorIds, ...(cursor.kind === 'newest' ? [] : [cursor.id])];
        return ids.every((id) => isSnowflake(id) && parsePosition(id) === null) && limit >= 1 && limit <= 100;
      }),
      { numRuns: 2_000 },
    );
  });
});
