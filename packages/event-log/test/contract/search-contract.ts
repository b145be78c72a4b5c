import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LogWriter, MessageQuery } from '../../src/index.ts';
import { deletion, message, NEWEST_PAGE } from '../support/changes.ts';
import type { TestLog } from '../support/use-event-log.ts';

const saying = (id: number, text: string, overrides: Parameters<typeof message>[2] = {}) =>
  message(String(id), text, {
    payload: JSON.stringify({ id: String(id), content: 'never this', display: { text } }),
    ...overrides,
  });

export function describeSearch(current: () => TestLog): void {
  const find = async (search: string, query: Partial<MessageQuery> = {}) => {
    const { messages } = await current().log.messages({ ...NEWEST_PAGE, limit: 100, search, ...query });
    return messages.map(({ id }) => Number(id));
  };

  describe('full-text search', () => {
    let writer: LogWriter;
    beforeEach(async () => {
      writer = await current().becomeWriter();
      await writer.append([
        saying(1, 'The parser reads Straße and Ünïcode'),
        saying(2, 'a parser, twice a parser', { channelId: '11', parentId: '10', authorId: '901' }),
        saying(3, 'ДОМ на холме; 東京 タワー', { channelId: '20', guildId: '2' }),
        saying(4, 'reads the whole parser'),
        message('5', 'x', { payload: JSON.stringify({ id: '5', content: 'without a display: zebra' }) }),
      ]);
    });

    it('finds every word in any case, newest first', async () => {
      expect(await find('parser')).toEqual([4, 2, 1]);
      expect(await find('PARSER reads')).toEqual([4, 1]);
      expect(await find('ünïcode')).toEqual([1]);
      expect(await find('ÜNÏCODE')).toEqual([1]);
      expect(await find('дом')).toEqual([3]);
      expect(await find('東京')).toEqual([3]);
      expect(await find('zebra')).toEqual([5]);
      expect(await find('pars')).toEqual([]);
    });

    it('takes phrases, alternatives and exclusions, and no syntax is an error', async () => {
      expect(await find('"whole parser"')).toEqual([4]);
      expect(await find('"parser whole"')).toEqual([]);
      expect(await find('zebra or холме')).toEqual([5, 3]);
      expect(await find('parser -reads')).toEqual([2]);
      for (const odd of ['"', '-', "' | & ! :* <->", '((parser', 'parser:*', '!!!', '\\']) await find(odd);
    });

    it('is narrowed by every filter, by the cursor and by what a key may see', async () => {
      expect(await find('parser', { channelIds: ['10'] })).toEqual([4, 2, 1]);
      expect(await find('parser', { channelIds: ['10'], withThreads: false })).toEqual([4, 1]);
      expect(await find('parser', { authorIds: ['901'] })).toEqual([2]);
      expect(await find('дом', { guildIds: ['1'] })).toEqual([]);
      expect(await find('parser', { withinChannels: ['20'] })).toEqual([]);
      expect(await find('parser', { withinChannels: [] })).toEqual([]);
      expect(await find('parser', { withinChannels: ['11'] })).toEqual([2]);
      expect(await find('parser', { cursor: { kind: 'before', id: '4' }, limit: 1 })).toEqual([2]);
      expect(await find('parser', { cursor: { kind: 'after', id: '1' }, limit: 1 })).toEqual([2]);
      expect(await find('parser', { cursor: { kind: 'around', id: '2' } })).toEqual([4, 2, 1]);
    });

    it('no longer finds what an edit took away, nor anything of a deleted message', async () => {
      await writer.append([saying(4, 'about lexers now', { editedAtMs: 1 })]);
      expect(await find('parser')).toEqual([2, 1]);
      expect(await find('lexers')).toEqual([4]);
      await writer.append([deletion('1'), deletion('4')]);
      expect(await find('parser', { includeDeleted: true })).toEqual([2]);
      expect(await find('-parser', { includeDeleted: true })).toEqual([5, 3]);
      expect(await find('lexers')).toEqual([]);
    });
  });
}
