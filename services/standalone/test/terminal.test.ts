import type { LogEvent } from '@dms/protocol';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createTerminal, describeBackfill, describeEvent } from '../src/terminal.ts';

function event(payload: object, more: Partial<LogEvent> = {}): LogEvent {
  return {
    term: 1,
    seq: 7,
    type: 'MESSAGE_CREATE',
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: '3',
    messageId: '4',
    payload: JSON.stringify(payload),
    ...more,
  };
}

const said = (text: string): LogEvent => event({ display: { channel_name: 'general', author_name: 'Ada', text } });

describe('what the terminal shows of an event', () => {
  it('is channel, author and text', () => {
    expect(describeEvent(said('hello'))).toEqual({ channel: 'general', author: 'Ada', text: 'hello' });
  });

  it('never lets a stranger’s control characters through', () => {
    const { text } = describeEvent(said('\u001B[2J\u0007red\r\nalert\u202Etxet\u0000'));
    expect(text).toBe('[2Jred alerttxet');
  });

  it('is one line of bounded length, whatever was said', () => {
    const { text } = describeEvent(said('line\n'.repeat(1_000)));
    expect(text).not.toContain('\n');
    expect(text).toHaveLength(100);
  });

  it('names the file or embed of a message without words', () => {
    expect(describeEvent(event({ attachments: [{ filename: 'cat.png' }] })).text).toBe('[cat.png]');
    expect(describeEvent(event({ embeds: [{ title: 'News' }] })).text).toBe('[News]');
    expect(describeEvent(event({})).text).toBe('');
  });

  it('says of any other event what happened, to what, and by whom', () => {
    const reaction = { emoji: { id: null, name: '🔥' }, display: { user_name: 'Leo\u0007' } };
    expect(describeEvent(event(reaction, { type: 'MESSAGE_REACTION_ADD' }))).toEqual({
      ...{ channel: '2', author: 'Leo', text: '· message reaction add 🔥' },
    });
    expect(describeEvent(event({ name: 'aside' }, { type: 'THREAD_CREATE' })).text).toBe('· thread create aside');
    expect(describeEvent(event({}, { type: 'GUILD_DELETE', channelId: null })).text).toBe('· guild delete');
  });

  it('marks edits, and shows nothing of a deleted message but its id', () => {
    const edited = event({ display: { text: 'better' } }, { type: 'MESSAGE_UPDATE' });
    expect(describeEvent(edited).text).toBe('✎ better');
    const deleted = event({ purged: true }, { type: 'MESSAGE_DELETE' });
    expect(describeEvent(deleted)).toEqual({ channel: '2', author: '✗', text: 'message 4 deleted' });
  });
});

describe('the terminal', () => {
  let written: string;
  const write = (text: string): void => {
    written += text;
  };

  beforeEach(() => {
    written = '';
    jest.useFakeTimers({ now: new Date('2026-11-22T10:00:00Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('shows at most 20 events a second and counts the rest', () => {
    const terminal = createTerminal(true, write, false);
    terminal.showEvents(Array.from({ length: 50 }, (_, index) => said(`message ${index}`)));
    expect(written.split('\n').filter((line) => line.includes('message'))).toHaveLength(20);
    jest.setSystemTime(new Date('2026-11-22T10:00:01Z'));
    terminal.showEvents([said('the next second')]);
    expect(written).toContain('… and 30 more');
    expect(written).toContain('the next second');
  });

  it('keeps its columns when names are long', () => {
    const terminal = createTerminal(true, write, false);
    const names = { channel_name: 'c'.repeat(40), author_name: 'a'.repeat(40), text: 'text' };
    terminal.showEvents([event({ display: names }), said('text')]);
    const [long, short] = written.split('\n');
    expect(long?.indexOf('text')).toBe(short?.indexOf('text'));
  });

  it('colours only for a terminal, and is silent where logs are for machines', () => {
    createTerminal(true, write, false).showEvents([said('plain')]);
    expect(written).not.toContain('\u001B');
    createTerminal(true, write, true).showEvents([said('coloured')]);
    expect(written).toContain('\u001B[2m');
    written = '';
    const silent = createTerminal(false, write, true);
    silent.line('banner');
    silent.showEvents([said('anything')]);
    expect(written).toBe('');
  });
});

describe('the import of older history on the terminal', () => {
  const progress = {
    ...{ isRunning: true, messages: 12_400, channels: 14, channelsDone: 3, channelsRefused: 0 },
    reachedMs: Date.UTC(2026, 2, 1, 12),
  };

  it('is one line of how far it has come, and of what it was at the end', () => {
    expect(describeBackfill(progress)).toBe('12,400 messages · 3 of 14 channels · back to 2026-03-01');
    const end = { ...progress, isRunning: false, channelsDone: 13, channelsRefused: 1, reachedMs: null };
    expect(describeBackfill(end)).toBe('12,400 messages · 14 channels · 1 refused · complete');
  });

  it('leaves the lines to what happens now', () => {
    const lines: string[] = [];
    const terminal = createTerminal(true, (text) => void lines.push(text), false);
    const old = event({ display: { channel_name: 'general', author_name: 'Ada', text: 'old' }, origin: 'backfill' });
    terminal.showBackfill(progress);
    terminal.showEvents([old, said('new')]);
    terminal.showBackfill({ ...progress, isRunning: false });
    terminal.showEvents([old]);
    expect(lines.map((line) => /old|new|import/.exec(line)?.[0])).toEqual(['import', 'new', 'import', 'old']);
  });
});
