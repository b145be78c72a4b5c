import {
  dispatchFrame,
  errorFrame,
  heartbeatAckFrame,
  helloFrame,
  LOG_START,
  Opcode,
  positionFrame,
  reconnectFrame,
  subscribedFrame,
} from '@dms/protocol';
import { expect, it } from '@jest/globals';
import { createAsyncApiDocument } from '../../../src/http/document/asyncapi.ts';
import { clientFrames, serverFrames } from '../../../src/http/document/frame-schemas.ts';

const position = { term: 7, seq: 3 };
const route = { guildId: '1', channelId: '2', parentId: null, authorId: '3', messageId: '4' };
const HELLO = {
  connectionId: 'c',
  position,
  oldest: LOG_START,
  resumed: true,
  heartbeatIntervalMs: 25_000,
  limits: { types: 32 },
};

/** What the code writes, by the name of the frame in the document. */
const written: Readonly<Record<keyof typeof serverFrames, readonly string[]>> = {
  Hello: [helloFrame({ ...HELLO, reason: null }), helloFrame({ ...HELLO, reason: 'too_old' })],
  Dispatch: [dispatchFrame({ ...position, ...route, type: 'MESSAGE_CREATE', payload: '{"id":"4","origin":"live"}' })],
  Position: [positionFrame(position, 9)],
  HeartbeatAck: [heartbeatAckFrame(position)],
  Subscribed: [subscribedFrame({ channel_id: ['2'] }, position)],
  Reconnect: [reconnectFrame(1_800, 'drain')],
  Error: [errorFrame('too_slow', 'Reads too slowly', 0)],
};

const entriesOf = Object.entries(written).flatMap(([name, frames]) => frames.map((frame) => ({ name, frame })));

it.each(entriesOf)('$name is what the server writes', ({ name, frame }) => {
  const fitting = Object.entries(serverFrames).filter(([, schema]) => schema.safeParse(JSON.parse(frame)).success);
  expect(fitting.map(([fits]) => fits)).toEqual([name]);
});

it('the document names the frames of every op, and resolves every reference', () => {
  const document = JSON.parse(JSON.stringify(createAsyncApiDocument()));
  const ops = [...Object.values(serverFrames), ...Object.values(clientFrames)].map((schema) => schema.shape.op.value);
  expect(ops.sort()).toEqual(Object.values(Opcode).sort());
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  expect(references.length).toBeGreaterThan(ops.length);
  for (const path of references) {
    const found = path.split('/').reduce((node, step) => node?.[step], document);
    expect([path, typeof found]).toEqual([path, 'object']);
  }
});

it('refuses a frame that is none', () => {
  expect(clientFrames.Subscribe.safeParse({ op: 101, d: { nothing: 1 } }).success).toBe(false);
  expect(serverFrames.Position.safeParse({ op: 100, p: 'x', head: 1 }).success).toBe(false);
});
