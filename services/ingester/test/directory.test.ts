import type { DirectoryChange } from '@dms/event-log';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDirectory } from '../src/directory.ts';
import { sanitiseObject } from '../src/sanitise.ts';
import { CHANNEL, GUILD, THREAD } from './support/raw-message.ts';

const guild = {
  id: GUILD,
  name: 'The Guild',
  icon: 'abc',
  roles: [{ id: '5', name: 'mods', color: 1, position: 1 }],
  members: [{ user: { id: '9' } }],
  presences: [{}],
  channels: [{ id: CHANNEL, type: 0, name: 'general', last_message_id: '77', topic: 'talk' }],
  threads: [{ id: THREAD, type: 11, name: 'side talk', parent_id: CHANNEL }],
};

const payloadOf = (change: DirectoryChange | undefined): string =>
  change?.kind === 'guild' || change?.kind === 'channel' ? change.payload : 'null';

function learned(...dispatches: readonly (readonly [string, object])[]) {
  const directory = createDirectory();
  let now = 0;
  const sighting = { origin: 'live', stamp: () => ++now, isNews: true } as const;
  const changes = dispatches.map(([type, data]) => directory.learn(type, sanitiseObject(data) ?? {}, sighting));
  return { directory, last: changes.at(-1) ?? [] };
}

describe('directory', () => {
  it('stores a guild’s public face, its channels and its threads', () => {
    const { last } = learned(['GUILD_CREATE', guild]);
    expect(last).toMatchObject([
      { kind: 'guild', id: GUILD, name: 'The Guild' },
      {
        kind: 'channel',
        id: CHANNEL,
        guildId: GUILD,
        parentId: null,
        type: 0,
        baselineMessageId: '77',
        isDeleted: false,
      },
      { kind: 'channel', id: THREAD, guildId: GUILD, parentId: CHANNEL, type: 11, baselineMessageId: null },
    ]);
    expect(JSON.parse(payloadOf(last[0]))).toEqual({
      id: GUILD,
      name: 'The Guild',
      icon: 'abc',
      roles: guild.roles,
    });
    expect(JSON.parse(payloadOf(last[1]))).toEqual({ ...guild.channels[0], guild_id: GUILD });
  });

  it('keeps fields it does not know', () => {
    const { last } = learned([
      'CHANNEL_UPDATE',
      { id: CHANNEL, guild_id: GUILD, type: 0, name: 'x', future: { a: 1 } },
    ]);
    expect(JSON.parse(payloadOf(last[0]))).toMatchObject({ future: { a: 1 } });
  });

  it('takes an unavailable guild for an outage, not for news', () => {
    const { directory, last } = learned(['GUILD_CREATE', guild], ['GUILD_CREATE', { id: GUILD, unavailable: true }]);
    expect(last).toEqual([]);
    expect(directory.guild(GUILD)?.name).toBe('The Guild');
    const { directory: afterwards } = learned(
      ['GUILD_CREATE', guild],
      ['GUILD_DELETE', { id: GUILD, unavailable: true }],
    );
    expect(afterwards.channel(CHANNEL)?.name).toBe('general');
  });

  it('follows renames of guilds, channels, threads and roles', () => {
    const { directory } = learned(
      ['GUILD_CREATE', guild],
      ['GUILD_UPDATE', { id: GUILD, name: 'New Name' }],
      ['CHANNEL_UPDATE', { id: CHANNEL, guild_id: GUILD, type: 0, name: 'lobby' }],
      ['THREAD_UPDATE', { id: THREAD, guild_id: GUILD, type: 11, name: 'aside', parent_id: CHANNEL }],
      ['GUILD_ROLE_UPDATE', { guild_id: GUILD, role: { id: '5', name: 'admins', color: 2, position: 3 } }],
      ['GUILD_ROLE_CREATE', { guild_id: GUILD, role: { id: '6', name: 'new', color: 3, position: 4 } }],
    );
    expect(directory.guild(GUILD)?.name).toBe('New Name');
    expect(directory.channel(CHANNEL)?.name).toBe('lobby');
    expect(directory.channel(THREAD)).toEqual({ guildId: GUILD, name: 'aside', type: 11, parentId: CHANNEL });
    expect(directory.guild(GUILD)?.roles.get('5')).toEqual({ name: 'admins', color: 2, position: 3 });
    expect(directory.guild(GUILD)?.roles.get('6')?.name).toBe('new');
  });

  it('learns threads from THREAD_CREATE and THREAD_LIST_SYNC', () => {
    const thread = { id: THREAD, guild_id: GUILD, type: 12, name: 'private', parent_id: CHANNEL };
    expect(learned(['THREAD_CREATE', thread]).last).toMatchObject([{ id: THREAD, parentId: CHANNEL }]);
    const sync = { guild_id: GUILD, threads: [{ id: THREAD, type: 11, name: 't', parent_id: CHANNEL }] };
    expect(learned(['THREAD_LIST_SYNC', sync]).last).toMatchObject([{ id: THREAD, guildId: GUILD, parentId: CHANNEL }]);
  });

  it('a category is not the parent of a channel: only threads have one', () => {
    const { last } = learned(['CHANNEL_CREATE', { id: CHANNEL, guild_id: GUILD, type: 0, name: 'x', parent_id: '44' }]);
    expect(last).toMatchObject([{ parentId: null }]);
  });

  it('marks what was deleted and remembers its name for what comes late', () => {
    const { directory, last } = learned(
      ['GUILD_CREATE', guild],
      ['THREAD_DELETE', { id: THREAD, guild_id: GUILD, parent_id: CHANNEL, type: 11 }],
    );
    expect(last).toMatchObject([{ id: THREAD, name: 'side talk', isDeleted: true, parentId: CHANNEL }]);
    expect(directory.channel(THREAD)?.name).toBe('side talk');
  });

  it('hears of roles, emoji and stickers in dispatches of their own, and stores the guild as it is now', () => {
    const roles = [{ id: '6', name: 'new', color: 3, position: 4 }];
    const changed = learned(
      ['GUILD_CREATE', guild],
      ['GUILD_ROLE_CREATE', { guild_id: GUILD, role: roles[0] }],
      ['GUILD_ROLE_DELETE', { guild_id: GUILD, role_id: '5' }],
      ['GUILD_EMOJIS_UPDATE', { guild_id: GUILD, emojis: [{ id: '70', name: 'wave' }] }],
    ).last;
    expect(JSON.parse(payloadOf(changed[0]))).toMatchObject({ name: 'The Guild', roles, emojis: [{ name: 'wave' }] });
    expect(learned(['GUILD_ROLE_CREATE', { guild_id: GUILD, role: roles[0] }]).last).toEqual([]);
  });

  it('I8: a digest does not move with messages, pins, the order of roles or our session', () => {
    const hashes = (fields: object, channel: object): readonly unknown[] =>
      learned(['GUILD_CREATE', { ...guild, ...fields, channels: [{ ...guild.channels[0], ...channel }] }]).last.map(
        (change) => (change.kind === 'guild' || change.kind === 'channel' ? change.hash : null),
      );
    const [two, five] = [{ id: '2' }, { id: '5' }];
    const [before, moved] = [hashes({ roles: [two, five] }, {}), { last_message_id: '99', guild_id: GUILD }];
    expect(hashes({ roles: [five, two], joined_at: 'x', large: true, member_count: 7 }, moved)).toEqual(before);
    expect(
      hashes({ name: 'Other', roles: [two, five] }, { name: 'other' }).filter((hash) => before.includes(hash)),
    ).toEqual([
      // The thread's, which is the same.
      before[2],
    ]);
  });

  it('tells pins from the channel they belong to', () => {
    const pinned = { ...guild.channels[0], guild_id: GUILD, last_pin_timestamp: '2026-11-22T10:00:00.123456+00:00' };
    const [channel, pins] = learned(['CHANNEL_UPDATE', pinned]).last;
    expect(JSON.parse(payloadOf(channel)).last_pin_timestamp).toBeUndefined();
    expect(pins).toMatchObject({ kind: 'pins', id: CHANNEL, lastPinTimestamp: '2026-11-22T10:00:00.123Z' });
    const unpinned = { guild_id: GUILD, channel_id: CHANNEL, last_pin_timestamp: null };
    expect(learned(['CHANNEL_PINS_UPDATE', unpinned]).last).toMatchObject([{ kind: 'pins', lastPinTimestamp: null }]);
  });

  it('a guild is left only when Discord does not call it unavailable', () => {
    expect(learned(['GUILD_DELETE', { id: GUILD }]).last).toMatchObject([{ kind: 'guild-left', id: GUILD }]);
    expect(learned(['GUILD_DELETE', { id: GUILD, unavailable: true }]).last).toEqual([]);
  });

  it('an event carries at most 64 KiB, and says what it left out', () => {
    const emojis = Array.from({ length: 600 }, (_, index) => ({ id: String(index + 1), name: 'x'.repeat(120) }));
    const [change] = learned(['GUILD_CREATE', { ...guild, emojis }]).last;
    const event = change?.kind === 'guild' ? change.eventPayload : '';
    expect(Buffer.byteLength(event)).toBeLessThan(65_536);
    expect(JSON.parse(event)).toMatchObject({ name: 'The Guild', truncated: true });
    expect(JSON.parse(payloadOf(change)).emojis).toHaveLength(600);
  });

  it('ignores channels of direct messages', () => {
    expect(learned(['CHANNEL_CREATE', { id: CHANNEL, type: 1 }]).last).toEqual([]);
  });

  it('never throws, whatever arrives', () => {
    const keys = [
      'id',
      'guild_id',
      'name',
      'roles',
      'role',
      'channels',
      'threads',
      'type',
      'parent_id',
      'last_message_id',
    ];
    const data = fc.record(Object.fromEntries(keys.map((key) => [key, fc.jsonValue({ maxDepth: 3 })])), {
      requiredKeys: [],
    });
    const types = ['GUILD_CREATE', 'GUILD_UPDATE', 'CHANNEL_DELETE', 'THREAD_LIST_SYNC', 'GUILD_ROLE_CREATE'];
    fc.assert(
      fc.property(fc.constantFrom(...types), data, (type, fields) => void learned([type, fields])),
      { numRuns: 200 },
    );
  });
});
