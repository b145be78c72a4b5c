import { snowflakeAtMs } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { type CheckedReader, createCheckedReader, type Violations } from '../src/workers/fan-out/checked-reader.ts';
import { createDeliveryWindow } from '../src/workers/fan-out/delivery-window.ts';
import { createReferenceStream } from '../src/workers/fan-out/reference-stream.ts';

const START_MS = Date.UTC(2026, 10, 22);

const textFrame = (text: string): Buffer => {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from(head), payload]);
};
/** Message `seq`, sent `seq` ms after the start. */
const dispatch = (seq: number, content = 'x'.repeat(seq % 200)): Buffer =>
  textFrame(
    `{"op":0,"t":"MESSAGE_CREATE","s":${seq},"p":"1:${seq}","d":{"id":"${snowflakeAtMs(START_MS + seq)}","content":"${content}"}}`,
  );
const POSITION = textFrame('{"op":100,"p":"1:7","head":7}');
const PING = Buffer.of(0x89, 0);

function createStage() {
  const violations: Violations = { lost: 0, duplicates: 0, reordered: 0, broken: 0 };
  const reference = createReferenceStream();
  const window = createDeliveryWindow();
  let controls = 0;
  const countControl = (): void => {
    controls += 1;
  };
  const handlers = { control: countControl, ping: countControl, closed: () => {} };
  return {
    violations,
    reference,
    window,
    get controls() {
      return controls;
    },
    join: () => createCheckedReader(reference, window, violations, handlers),
  };
}

function feed(reader: CheckedReader, frames: readonly Buffer[], chunkBytes: number): void {
  const bytes = Buffer.concat([...frames]);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // The same memory for every chunk, as when sockets are read.
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes));
    reader.receive(chunk, START_MS + 1_000);
    chunk.fill(0);
  }
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const NOTHING_WRONG = { lost: 0, duplicates: 0, reordered: 0, broken: 0 };

describe('the check of many clients against one stream', () => {
  it.each([1, 7, 100, 100_000])(
    'finds nothing wrong in chunks of %d bytes, with words for each client in between',
    (chunkBytes) => {
      const stage = createStage();
      const readers = range(3).map(() => stage.join());
      for (const [index, reader] of readers.entries()) {
        const frames = range(60).flatMap((seq) =>
          seq % (index + 5) === 0 ? [dispatch(seq), POSITION, PING] : [dispatch(seq)],
        );
        feed(reader, frames, chunkBytes);
      }
      expect(stage.violations).toEqual(NOTHING_WRONG);
      expect(readers.map(({ frames, lastSeq }) => [frames, lastSeq])).toEqual(range(3).map(() => [60, 60]));
      expect(stage.window.deliveries).toBe(180);
      expect(stage.controls).toBe(2 * (12 + 10 + 8));
      expect(stage.reference.jumps).toBe(0);
    },
  );

  it.each([
    ['a loss', [1, 2, 4, 5], { lost: 1 }],
    ['a loss at the end of what is known', [1, 2, 3, 5], { lost: 1 }],
    ['a double', [1, 2, 2, 3, 4, 5], { duplicates: 1 }],
    ['a step back', [1, 2, 4, 3, 5], { lost: 1, reordered: 1 }],
  ])('notices %s', (_name, seqs, damage) => {
    const stage = createStage();
    const [good, bad] = [stage.join(), stage.join()];
    feed(
      good,
      range(5).map((seq) => dispatch(seq)),
      50,
    );
    feed(
      bad,
      seqs.map((seq) => dispatch(seq)),
      50,
    );
    expect(stage.violations).toEqual({ ...NOTHING_WRONG, ...damage });
  });

  it('notices a message that is not what others got, and a hole that everybody has', () => {
    const stage = createStage();
    const [good, bad] = [stage.join(), stage.join()];
    feed(good, [dispatch(1, 'so'), dispatch(2, 'so'), dispatch(4, 'so')], 1_000);
    feed(bad, [dispatch(1, 'so'), dispatch(2, 'no'), dispatch(4, 'so')], 1_000);
    expect(stage.violations.broken).toBeGreaterThan(0);
    expect(stage.reference.jumps).toBe(1);
  });

  it('goes on after the last whole message on a fresh connection', () => {
    const stage = createStage();
    const [good, cut] = [stage.join(), stage.join()];
    feed(
      good,
      range(10).map((seq) => dispatch(seq)),
      1_000,
    );
    feed(cut, [dispatch(1), dispatch(2), dispatch(3).subarray(0, 20)], 1_000);
    cut.startAfter(cut.lastSeq);
    feed(cut, [POSITION, ...range(8).map((seq) => dispatch(seq + 2))], 33);
    expect([cut.frames, cut.lastSeq]).toEqual([10, 10]);
    expect(stage.violations).toEqual(NOTHING_WRONG);
  });

  it('measures from the moment in the message’s id', () => {
    const stage = createStage();
    stage.window.restart(START_MS);
    feed(stage.join(), [dispatch(200), dispatch(201)], 10_000);
    expect(stage.window.figures(START_MS + 2_000)).toEqual({
      deliveries: 2,
      seconds: 2,
      p50Ms: 799,
      p99Ms: 800,
      maxMs: 800,
    });
  });
});
