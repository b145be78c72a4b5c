import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDirectory } from '../src/directory.ts';
import { type ChangeContext, messageChanges } from '../src/message-change.ts';
import { sanitiseObject } from '../src/sanitise.ts';
import { AUTHOR, CHANNEL, GUILD, MESSAGE, rawMessage, restMessage, THREAD } from './support/raw-message.ts';

const OTHER_CHANNEL = '1200000000000000009';

function context(overrides: Partial<ChangeContext> = {}): ChangeContext {
  const directory = createDirectory();
  const guild = {
    id: GUILD,
    name: 'The Guild',
    channels: [{ id: CHANNEL, type: 0, name: 'general' }],
    threads: [{ id: THREAD, type: 11, name: 'side talk', parent_id: CHANNEL }],
  };
  directory.learn('GUILD_CREATE', guild, { origin: 'live', stamp: () => 0, isNews: false });
  let now = 0;
  return {
    directory,
    watched: { guildIds: new Set(), channelIds: new Set() },
    hasMessageContent: true,
    origin: 'live',
    stamp: () => ++now,
    ...overrides,
  };
}

const created = (fields: object, overrides?: Partial<ChangeContext>) =>
  messageChanges('MESSAGE_CREATE', rawMessage(fields), context(overrides));

const watching = (guildIds: string[], channelIds: string[]) => ({
  watched: { guildIds: new Set(guildIds), channelIds: new Set(channelIds) },
});

describe('a message dispatch', () => {
  it('becomes one change with the stored object', () => {
    const [change, ...more] = created({});
    expect(more).toEqual([]);
    expect(change).toMatchObject({
      kind: 'message',
      isComplete: true,
      id: MESSAGE,
      guildId: GUILD,
      channelId: CHANNEL,
      parentId: null,
      authorId: AUTHOR,
      editedAtMs: null,
      origin: 'live',
      observedAt: 1,
    });
    const payload: unknown = change?.kind === 'message' ? JSON.parse(change.payload) : null;
    expect(payload).toMatchObject({
      id: MESSAGE,
      guild_id: GUILD,
      timestamp: '2026-11-22T10:00:00.123Z',
      edited_timestamp: null,
      deleted_at: null,
      display: { text: 'hello', author_name: 'Ada', channel_name: 'general', guild_name: 'The Guild' },
    });
  });

  it('I8: fetched over REST is the same message as dispatched, with the guild its channel belongs to', () => {
    const [live] = created({});
    const [fetched] = messageChanges('MESSAGE_CREATE', restMessage(), context({ origin: 'backfill' }));
    expect(fetched).toMatchObject({ guildId: GUILD, origin: 'backfill' });
    expect(fetched?.kind === 'message' && fetched.hash).toBe(live?.kind === 'message' && live.hash);
  });

  it('I8: an edit and the unfurl that repeats its time with the microseconds cut off have one edit time', () => {
    const edit = { content: 'edited', edited_timestamp: '2026-11-22T11:00:00.123456+00:00' };
    const refresh = { ...edit, edited_timestamp: '2026-11-22T11:00:00.123000+00:00', embeds: [{ title: 'unfurled' }] };
    const changes = [edit, refresh].flatMap((fields) =>
      messageChanges('MESSAGE_UPDATE', rawMessage(fields), context()),
    );
    const editedAtMs = Date.parse('2026-11-22T11:00:00.123Z');
    expect(changes).toMatchObject([{ editedAtMs }, { editedAtMs }]);
    const [first, second] = changes.map((change) => (change.kind === 'message' ? change.hash : ''));
    expect(first).not.toBe(second);
  });

  it.each([
    ['its author', { author: undefined }],
    ['a readable author', { author: { username: 'ada' } }],
    ['its content', { content: undefined }],
  ])('that lacks %s is incomplete and replaces nothing', (_what, fields) => {
    expect(messageChanges('MESSAGE_UPDATE', rawMessage(fields), context())).toMatchObject([
      { kind: 'message', id: MESSAGE, isComplete: false },
    ]);
  });

  it('of a thread names the channel above it', () => {
    expect(created({ channel_id: THREAD })).toMatchObject([{ channelId: THREAD, parentId: CHANNEL }]);
  });
});

describe('what is not stored', () => {
  it('direct messages', () => {
    expect(created({ guild_id: undefined, channel_id: '1200000000000000777' })).toEqual([]);
  });

  it.each([
    ['the guild is listed', watching([GUILD], []), CHANNEL, true],
    ['another guild is listed', watching(['1'], []), CHANNEL, false],
    ['the channel is listed', watching([], [CHANNEL]), CHANNEL, true],
    ['the channel above the thread is listed', watching([], [CHANNEL]), THREAD, true],
    ['the thread itself is listed', watching([], [THREAD]), THREAD, true],
    ['only the thread is listed', watching([], [THREAD]), CHANNEL, false],
    ['another channel is listed', watching([GUILD], [OTHER_CHANNEL]), CHANNEL, false],
    ['its channel is listed but its guild is not', watching(['1'], [CHANNEL]), CHANNEL, false],
  ])('messages outside the allow-lists: when %s', (_when, overrides, channel_id, isStored) => {
    expect(created({ channel_id }, overrides)).toHaveLength(isStored ? 1 : 0);
    const deleted = { id: MESSAGE, channel_id, guild_id: GUILD };
    expect(messageChanges('MESSAGE_DELETE', deleted, context(overrides))).toHaveLength(isStored ? 1 : 0);
  });

  it('other dispatches', () => {
    expect(messageChanges('TYPING_START', rawMessage(), context())).toEqual([]);
  });
});

describe('deletes', () => {
  it('one becomes one change', () => {
    const change = { kind: 'delete', id: MESSAGE, guildId: GUILD, channelId: CHANNEL, bulkId: null };
    expect(messageChanges('MESSAGE_DELETE', rawMessage(), context())).toMatchObject([change]);
  });

  it('a bulk becomes one change per id with a shared bulk id, the same for every order of the ids', () => {
    const bulk = (ids: unknown[]) =>
      messageChanges(
        'MESSAGE_DELETE_BULK',
        sanitiseObject({ ids, channel_id: THREAD, guild_id: GUILD }) ?? {},
        context(),
      );
    const deletes = ['7', '8', '10'].map((id) => ({ kind: 'delete', id, bulkId: '7', parentId: CHANNEL }));
    expect(bulk(['10', '7', '8'])).toMatchObject(deletes);
    expect(bulk(['8', 'x', 12, '10', '7', null])).toMatchObject(deletes);
    expect(bulk([])).toEqual([]);
  });
});

describe('odd dispatches', () => {
  it('ids as numbers, missing fields and wrong types never throw and never become rows without valid ids', () => {
    const field = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(MESSAGE, CHANNEL, GUILD, 12345, '00', ''));
    const keys = ['id', 'channel_id', 'guild_id', 'author', 'member', 'content', 'mentions', 'ids', 'timestamp'];
    const dispatch = fc.record(Object.fromEntries(keys.map((key) => [key, field])), { requiredKeys: [] });
    const types = fc.constantFrom('MESSAGE_CREATE', 'MESSAGE_UPDATE', 'MESSAGE_DELETE', 'MESSAGE_DELETE_BULK');
    fc.assert(
      fc.property(types, dispatch, fc.boolean(), (type, fields, isOtherwiseSound) => {
        const base = isOtherwiseSound ? rawMessage() : {};
        for (const change of messageChanges(type, { ...base, ...(sanitiseObject(fields) ?? {}) }, context())) {
          expect(change.id).toMatch(/^\d{1,19}$/);
          if (change.kind === 'message') JSON.parse(change.payload);
        }
      }),
      { numRuns: 300 },
    );
  });
});
