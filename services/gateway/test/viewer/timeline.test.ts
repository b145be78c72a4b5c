import type { StoredMessage } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createJournal } from '../../viewer/model/journal.ts';
import { isMessage } from '../../viewer/model/message.ts';
import { createTimeline, type Timeline, type TimelineEvent } from '../../viewer/model/timeline.ts';

function toMessage(id: number, content = `text ${id}`, more: object = {}): StoredMessage {
  const message: unknown = {
    id: String(id),
    channel_id: '1',
    guild_id: '9',
    content,
    author: { id: '7' },
    display: { parent_id: null },
    ...more,
  };
  if (!isMessage(message)) throw new TypeError('no message');
  return message;
}

const create = (s: number, id: number): TimelineEvent => ({ t: 'MESSAGE_CREATE', s, d: { ...toMessage(id) } });
const update = (s: number, id: number): TimelineEvent => ({
  t: 'MESSAGE_UPDATE',
  s,
  d: { ...toMessage(id, `edit ${s}`) },
});
const remove = (s: number, id: number): TimelineEvent => ({ t: 'MESSAGE_DELETE', s, d: { id: String(id) } });
const react = (s: number, id: number, change: 'ADD' | 'REMOVE'): TimelineEvent => ({
  t: `MESSAGE_REACTION_${change}`,
  s,
  d: { message_id: String(id), emoji: { id: null, name: '🔥' } },
});

function opened(): Timeline {
  const timeline = createTimeline();
  timeline.reset(() => true);
  return timeline;
}

const shown = (timeline: Timeline): readonly string[] =>
  timeline.entries.map(({ id, message }) => {
    if (message === null) return `${id} deleted`;
    const fires = message.reactions?.find(({ emoji }) => emoji.name === '🔥')?.count ?? 0;
    return `${id} ${message.content} ${fires}`;
  });

/** What the server holds after the first `length` events: the truth that pages are cut from. */
function replay(events: readonly TimelineEvent[], length: number): Timeline {
  const truth = opened();
  truth.merge({ messages: [], asOf: 0 }, { hasOlder: false, hasNewer: false }, []);
  for (const event of events.slice(0, length)) truth.apply(event);
  return truth;
}

describe('the timeline', () => {
  it('keeps messages in the order of their ids, wherever they come in', () => {
    const timeline = opened();
    timeline.merge({ messages: [toMessage(30), toMessage(10)], asOf: 5 }, { hasOlder: false, hasNewer: false }, []);
    for (const event of [create(6, 40), create(7, 20), create(8, 5)]) timeline.apply(event);
    expect(timeline.entries.map(({ id }) => id)).toEqual(['5', '10', '20', '30', '40']);
  });

  it('leaves out what lies beyond an end that is open', () => {
    const timeline = opened();
    timeline.merge({ messages: [toMessage(20), toMessage(10)], asOf: 5 }, { hasOlder: true, hasNewer: true }, []);
    expect([create(6, 5), create(7, 30), create(8, 15)].map(timeline.apply)).toEqual([false, false, true]);
  });

  it('shows a gap where a message was deleted, and none of its words', () => {
    const timeline = opened();
    timeline.merge({ messages: [toMessage(10, 'secret')], asOf: 5 }, { hasNewer: false }, []);
    timeline.apply(remove(6, 10));
    expect(JSON.stringify(timeline.entries)).not.toContain('secret');
    expect(shown(timeline)).toEqual(['10 deleted']);
  });

  it('opens the end that is trimmed', () => {
    const timeline = opened();
    timeline.merge(
      { messages: [3, 2, 1].map((id) => toMessage(id)), asOf: 5 },
      { hasOlder: false, hasNewer: false },
      [],
    );
    timeline.trim('older', 2);
    expect([timeline.entries.length, timeline.hasOlder, timeline.hasNewer]).toEqual([2, true, false]);
  });

  it('I5: is what the server has, each change once, however pages and events overlap', () => {
    const kinds = fc.record({ kind: fc.nat(4), id: fc.integer({ min: 10, max: 18 }) });
    fc.assert(
      fc.property(
        fc.array(kinds, { minLength: 1, maxLength: 40 }),
        fc.nat(40),
        fc.array(fc.record({ appliedBefore: fc.nat(40), snapshot: fc.nat(40) }), { maxLength: 4 }),
        (steps, firstPage, pages) => {
          const makers = [
            create,
            update,
            remove,
            (s: number, id: number) => react(s, id, 'ADD'),
            (s: number, id: number) => react(s, id, 'REMOVE'),
          ];
          const events = steps.map(({ kind, id }, at) => (makers[kind] ?? create)(at + 1, id));
          // The server appends only what changes something (I8), and never brings a deleted message back.
          const log = replay(events, 0);
          const kept = events.filter((event) => log.apply(event)).map((event, at) => ({ ...event, s: at + 1 }));
          const start = Math.min(firstPage, kept.length);
          const timeline = opened();
          const journal = createJournal();
          journal.restart(start);
          const pageAt = (length: number): readonly StoredMessage[] =>
            replay(kept, length).entries.flatMap(({ message }) => message ?? []);
          timeline.merge({ messages: pageAt(start), asOf: start }, { hasOlder: false, hasNewer: false }, []);
          let applied = start;
          for (const { appliedBefore, snapshot } of [...pages, { appliedBefore: kept.length, snapshot: start }]) {
            for (const until = Math.max(applied, Math.min(appliedBefore, kept.length)); applied < until; applied += 1) {
              const event = kept[applied];
              if (event === undefined) break;
              journal.add(event);
              timeline.apply(event);
            }
            // Rows were forgotten and are fetched again, from a replica that may be behind or ahead.
            const asOf = Math.max(start, Math.min(snapshot, kept.length));
            timeline.trim('newer', 2);
            timeline.merge({ messages: pageAt(asOf), asOf }, { hasNewer: false }, journal.after(asOf));
          }
          const expected = shown(replay(kept, kept.length)).filter((line) => !line.endsWith('deleted'));
          expect(shown(timeline).filter((line) => !line.endsWith('deleted'))).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
