import { snowflakeAtMs } from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import { createDeliveryRecord } from '../src/workers/delivery-record.ts';
import { createFrameReader } from '../src/workers/frame-reader.ts';

const START_MS = Date.UTC(2026, 10, 22);

/** Message `seq`, sent `seq` seconds after the start. */
const frame = (seq: number): Buffer =>
  Buffer.from(
    `{"op":0,"t":"MESSAGE_CREATE","s":${seq},"p":"1:${seq}","d":{"id":"${snowflakeAtMs(START_MS + seq * 1_000)}"}}`,
  );

describe('the judge of what clients received', () => {
  const receiveAll = (clientsGot: readonly (readonly number[])[], delayMs = 5, warmupMs = 0) => {
    const record = createDeliveryRecord(clientsGot.length, warmupMs);
    for (const [client, seqs] of clientsGot.entries()) {
      for (const seq of seqs) record.receive(client, frame(seq), START_MS + seq * 1_000 + delayMs);
    }
    return record.figures();
  };

  it('finds nothing wrong where nothing is', () => {
    const figures = receiveAll([
      [1, 2, 5],
      [1, 2, 5],
    ]);
    expect(figures).toMatchObject({ messages: 3, deliveries: 6, lost: 0, duplicates: 0, reordered: 0 });
    expect(figures).toMatchObject({ p50Ms: 5, p99Ms: 5, maxMs: 5 });
  });

  it('notices a loss, a duplicate and a step back', () => {
    expect(
      receiveAll([
        [1, 2, 3],
        [1, 3],
      ]),
    ).toMatchObject({ lost: 1, duplicates: 0, reordered: 0 });
    expect(receiveAll([[1, 2, 2, 3]])).toMatchObject({ lost: 0, duplicates: 1, reordered: 0 });
    expect(
      receiveAll([
        [1, 3, 2],
        [1, 2, 3],
      ]),
    ).toMatchObject({ lost: 1, duplicates: 0, reordered: 1 });
  });

  it('takes quantiles over all deliveries, leaving out what was sent while warming up', () => {
    const record = createDeliveryRecord(1, 1_000);
    for (let seq = 1; seq <= 101; seq += 1) record.receive(0, frame(seq), START_MS + seq * 1_000 + seq);
    expect(record.figures()).toMatchObject({ measured: 100, p50Ms: 51, p99Ms: 100, maxMs: 101 });
    expect(record.figures()).toMatchObject({ seconds: 100.1, measuredSeconds: 99.099 });
  });

  it('ignores what is no message', () => {
    const record = createDeliveryRecord(1, 0);
    record.receive(0, Buffer.from('{"op":100,"p":"1:7","head":7}'), START_MS);
    expect(record.figures()).toMatchObject({ messages: 0, deliveries: 0 });
  });
});

describe('the frame reader', () => {
  const textFrame = (text: string): Buffer => {
    const payload = Buffer.from(text);
    const header =
      payload.length < 126 ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 255];
    return Buffer.concat([Buffer.from(header), payload]);
  };

  it.each([1, 3, 1_000])('reads frames of any size out of chunks of %d bytes', (chunkBytes) => {
    const texts = ['', 'short', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(3_000)];
    const stream = Buffer.concat(texts.map(textFrame));
    const read: string[] = [];
    const reader = createFrameReader({
      text: (payload) => read.push(String(payload)),
      reply: () => {},
      closed: () => {},
    });
    for (let offset = 0; offset < stream.length; offset += chunkBytes) {
      reader(stream.subarray(offset, offset + chunkBytes));
    }
    expect(read).toEqual(texts);
  });

  it('answers a ping, or the server would close the connection', () => {
    const replies: Buffer[] = [];
    const reader = createFrameReader({ text: () => {}, reply: (reply) => replies.push(reply), closed: () => {} });
    reader(Buffer.from([0x89, 2, 7, 8]));
    expect(replies).toEqual([Buffer.from([0x8a, 0x82, 0, 0, 0, 0, 7, 8])]);
  });
});
