import { type EncodedEvent, encodeEvent } from '@dms/broker';
import { createFilter, type Position } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import type { Transport } from '../../src/fan-out/connection.ts';
import { createHub } from '../../src/fan-out/hub.ts';
import { createRing } from '../../src/feed/ring.ts';
import { webSocketFraming } from '../../src/websocket/websocket-framing.ts';

const event = (seq: number): EncodedEvent =>
  encodeEvent({
    type: 'MESSAGE_CREATE',
    term: 7,
    seq,
    guildId: '1',
    channelId: '2',
    parentId: null,
    authorId: '3',
    messageId: String(seq),
    payload: JSON.stringify({ id: String(seq), content: 'x'.repeat(1_000) }),
  });

/** Takes everything, and notes who was written to. */
const transportOf = (name: string, written: string[]): Transport => ({
  framing: webSocketFraming,
  isBlocked: false,
  writeFrames: () => void written.push(name),
  sendPosition() {},
  sendError() {},
  close() {},
  terminate() {},
});

function createStage(events: number) {
  const ring = createRing();
  for (let seq = 1; seq <= events; seq += 1) ring.push(event(seq));
  let last: Position = { term: 7, seq: events };
  const turns: (() => void)[] = [];
  const feed = {
    ring,
    generation: 0,
    get last() {
      return last;
    },
  };
  const noPages = { around: async () => ({ events: [], askedAtSeq: 0 }) };
  const hub = createHub({ feed: () => feed, pages: noPages, defer: (turn) => void turns.push(turn) });
  return {
    hub,
    takeTurn: () => turns.shift()?.(),
    takeTurns() {
      while (turns.length > 0) turns.shift()?.();
    },
    apply(): void {
      const next = event(last.seq + 1);
      ring.push(next);
      last = { term: 7, seq: next.seq };
      hub.applied([next]);
    },
  };
}

describe('the turns of a hub', () => {
  it('serve live connections before those that catch up: for each chunk of a replay 32 of them', () => {
    const { hub, apply, takeTurns } = createStage(5_000);
    const written: string[] = [];
    const everything = createFilter({});
    for (let live = 0; live < 320; live += 1)
      hub.join(`live-${live}`, transportOf('live', written), everything, { term: 7, seq: 5_000 });
    takeTurns();
    for (let late = 0; late < 50; late += 1)
      hub.join(`late-${late}`, transportOf('late', written), everything, { term: 7, seq: 1 });
    apply();
    takeTurns();
    const lastLive = written.lastIndexOf('live');
    expect(written.filter((name) => name === 'live')).toHaveLength(320);
    expect(written.slice(0, lastLive).filter((name) => name === 'late').length).toBeLessThanOrEqual(320 / 32);
    // And yet all of them get there.
    expect(written.filter((name) => name === 'late').length).toBeGreaterThan(50);
  });

  it('are short: with thousands of replays to do the loop is free again after a few milliseconds', () => {
    const { hub, takeTurn } = createStage(5_000);
    const written: string[] = [];
    for (let late = 0; late < 2_000; late += 1) {
      hub.join(`late-${late}`, transportOf('late', written), createFilter({}), { term: 7, seq: 1 });
    }
    takeTurn();
    expect(written.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThan(2_000);
  });
});
