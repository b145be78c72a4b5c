import { describe, expect, it } from '@jest/globals';
import { missedStretches } from '../src/missed-stretches.ts';
import { createProgress } from '../src/progress.ts';
import { sanitiseObject } from '../src/sanitise.ts';

const GUILD = '100';
/** Channels are older than messages: ids grow with time. */
const [OLD, OTHER, NEW] = ['1000', '1001', '5500'];

function missed(
  channels: readonly object[],
  stored: Readonly<Record<string, string | null>>,
  threads: readonly object[] = [],
) {
  const progress = createProgress();
  progress.load(Object.entries(stored).map(([channelId, lastMessageId]) => ({ channelId, lastMessageId })));
  const guild = sanitiseObject({ id: GUILD, name: 'g', channels, threads }) ?? {};
  return missedStretches(guild, progress).map(({ channelId, afterId }) => [channelId, afterId]);
}
const channel = (id: string, last_message_id: unknown, type = 0): object => ({ id, type, last_message_id });

describe('missedStretches', () => {
  it('a quiet restart asks for nothing', () => {
    expect(missed([channel(OLD, '5000'), channel(OTHER, null)], { [OLD]: '5000', [OTHER]: null })).toEqual([]);
    // What the channel calls its last message may be deleted, or older than ours.
    expect(missed([channel(OLD, '4000')], { [OLD]: '5000' })).toEqual([]);
  });

  it('a channel that moved is asked for what came after the newest stored message', () => {
    expect(missed([channel(OLD, '6000'), channel(OTHER, '4000')], { [OLD]: '5000', [OTHER]: '4000' })).toEqual([
      [OLD, '5000'],
    ]);
  });

  it('a channel that was empty is asked from its beginning', () => {
    expect(missed([channel(OLD, '6000')], { [OLD]: null })).toEqual([[OLD, '999']]);
  });

  it('threads count as channels', () => {
    expect(missed([channel(OLD, '5000')], { [OLD]: '5000', '1200': '1300' }, [channel('1200', '6000', 11)])).toEqual([
      ['1200', '1300'],
    ]);
  });

  it('everything in a guild seen for the first time was before us', () => {
    expect(missed([channel(OLD, '6000'), channel(OTHER, '7000')], { 4711: '1' })).toEqual([]);
  });

  it('a channel made while nobody listened is asked from its beginning', () => {
    expect(missed([channel(OLD, '5000'), channel(NEW, '6000')], { [OLD]: '5000' })).toEqual([[NEW, '5499']]);
  });

  it('an old channel that became visible brings no history from before we last listened', () => {
    expect(missed([channel(OLD, '5000'), channel(OTHER, '6000')], { [OLD]: '5000' })).toEqual([[OTHER, '5000']]);
    expect(missed([channel(OLD, '5000'), channel(OTHER, '4000')], { [OLD]: '5000' })).toEqual([]);
  });

  it('forum and media channels have threads, not messages', () => {
    expect(missed([channel(OLD, '6000', 15), channel(OTHER, '6000', 16)], { [OLD]: '5000', [OTHER]: '5000' })).toEqual(
      [],
    );
  });

  it('odd ids are no reason to ask, or to throw', () => {
    expect(
      missed([channel('x', '6000'), channel(OLD, 6000), channel(OTHER, 'y')], { [OLD]: '1', [OTHER]: '1' }),
    ).toEqual([]);
  });
});

describe('progress', () => {
  it('live messages do not hide the hole of a stretch that was never finished', () => {
    const progress = createProgress();
    progress.load([{ channelId: OLD, lastMessageId: '5000' }]);
    progress.begin(OLD, '5000');
    progress.noteMessage(OLD, '7000');
    expect(progress.cursor(OLD)).toBe('5000');
    expect(progress.newest(OLD)).toBe('7000');
    progress.finish(OLD);
    expect(progress.cursor(OLD)).toBe('7000');
  });

  it('what is queued counts as known, and not as stored', () => {
    const progress = createProgress();
    progress.load([{ channelId: OLD, lastMessageId: '5000' }]);
    progress.noteQueued(OLD, '6000');
    progress.noteQueued(OLD, '5500');
    expect([progress.cursor(OLD), progress.newest(OLD)]).toEqual(['5000', '6000']);
    progress.load([{ channelId: OLD, lastMessageId: '5100' }]);
    expect([progress.cursor(OLD), progress.newest(OLD)]).toEqual(['5100', '5100']);
  });

  it('only grows, and keeps the baseline of the first sighting', () => {
    const progress = createProgress();
    expect(progress.cursor(OLD)).toBeUndefined();
    progress.noteChannel(OLD, '5000');
    progress.noteChannel(OLD, '9000');
    progress.noteMessage(OLD, '4000');
    expect(progress.cursor(OLD)).toBe('5000');
    progress.noteMessage(OLD, '10000');
    expect(progress.cursor(OLD)).toBe('10000');
  });
});
