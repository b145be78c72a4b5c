import type { LogEvent } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { createLogPages } from '../../src/feed/log-pages.ts';

const event = (seq: number): LogEvent => ({
  term: 7,
  seq,
  type: 'MESSAGE_CREATE',
  guildId: '1',
  channelId: '2',
  parentId: null,
  authorId: '3',
  messageId: String(seq),
  payload: `{"id":"${seq}"}`,
});

/** A log whose reads wait until they are let go. */
function createHeldLog() {
  const held: (() => void)[] = [];
  const reads: number[] = [];
  return {
    reads,
    get running() {
      return held.length;
    },
    letGo: () => held.shift()?.(),
    log: {
      async read(fromSeq: number, limit: number): Promise<readonly LogEvent[]> {
        reads.push(fromSeq);
        await new Promise<void>((resolve) => held.push(resolve));
        return Array.from({ length: limit }, (_, index) => event(fromSeq + index));
      },
    },
  };
}

describe('reads of the log for clients far behind', () => {
  it('I9: a thousand clients in one stretch share one read and its memory', async () => {
    const { log, reads, letGo } = createHeldLog();
    const pages = createLogPages(log);
    const asked = Array.from({ length: 1_000 }, (_, index) => pages.around(2_000 + (index % 500), 9_000));
    expect(reads).toEqual([2_000]);
    letGo();
    const [first, ...others] = await Promise.all(asked);
    expect(new Set(others)).toEqual(new Set([first]));
    expect(first?.events.at(-1)?.seq).toBeGreaterThanOrEqual(2_999);
  });

  it('I9: of different stretches four are read at a time, the others in turn', async () => {
    const { log, reads, letGo } = createHeldLog();
    const pages = createLogPages(log);
    const asked = [0, 1, 2, 3, 4, 5].map((block) => pages.around(block * 500, 9_000));
    expect(reads).toEqual([0, 500, 1_000, 1_500]);
    letGo();
    await asked[0];
    await Promise.resolve();
    expect(reads).toEqual([0, 500, 1_000, 1_500, 2_000]);
    for (let left = 0; left < 5; left += 1) {
      letGo();
      await asked[left + 1];
    }
    expect(reads).toHaveLength(6);
  });
});
