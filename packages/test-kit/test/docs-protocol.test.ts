import {
  CloseCode,
  createFilter,
  describeFilter,
  dispatchFrame,
  EVENT_TYPES,
  errorFrame,
  filterSchema,
  heartbeatAckFrame,
  helloFrame,
  MAX_CLIENT_FRAME_BYTES,
  MAX_CLIENT_FRAMES_PER_MINUTE,
  MAX_IDS_PER_PARAMETER,
  MAX_PAGE_MESSAGES,
  MAX_PAYLOAD_BYTES,
  MAX_TYPES_PER_FILTER,
  Opcode,
  type Position,
  parseClientFrame,
  parseFilterObject,
  parsePosition,
  parseSince,
  positionFrame,
  purgedPayload,
  reconnectFrame,
  subscribedFrame,
} from '@dms/protocol';
import { describe, expect, it } from '@jest/globals';
import {
  codeIn,
  fencedBlocks,
  type JsonObject,
  objectOf,
  readText,
  repositoryFiles,
  sectionOf,
  tableRows,
} from './docs-markdown.ts';

const page = readText('docs/PROTOCOL.md');
const rowsOf = (heading: string) => tableRows(sectionOf(page, heading));
const firstCodes = (heading: string): readonly string[] => rowsOf(heading).flatMap(([first = '']) => codeIn(first));
const textOf = (paths: readonly string[]): string => paths.map(readText).join('\n');

function positionOf(value: unknown): Position {
  const position = parsePosition(String(value));
  if (position === null) throw new TypeError(`${String(value)} is no position`);
  return position;
}

function resetOf(value: unknown) {
  if (value === null || value === 'too_old' || value === 'diverged') return value;
  throw new TypeError(`${String(value)} is no reason`);
}

const NOWHERE = { guildId: null, channelId: null, parentId: null, authorId: null, messageId: null };

/** What writes each frame of the server: an example must be exactly what the code makes of the example's own values. */
const writers: Readonly<Record<number, (frame: JsonObject) => string>> = {
  [Opcode.Hello]: (frame) => {
    const d = objectOf(frame.d);
    const limits = Object.entries(objectOf(d.limits)).map(([name, value]) => [name, Number(value)] as const);
    return helloFrame({
      connectionId: String(d.connection_id),
      position: positionOf(d.position),
      oldest: positionOf(d.oldest),
      resumed: d.resumed === true,
      reason: resetOf(d.reason),
      heartbeatIntervalMs: Number(d.heartbeat_interval),
      limits: Object.fromEntries(limits),
    });
  },
  [Opcode.Dispatch]: ({ t, s, p, d }) => {
    const position = positionOf(p);
    expect(s).toBe(position.seq);
    expect(EVENT_TYPES).toContain(t);
    return dispatchFrame({ ...NOWHERE, ...position, type: String(t), payload: JSON.stringify(d) });
  },
  [Opcode.Position]: ({ p, head }) => positionFrame(positionOf(p), Number(head)),
  [Opcode.HeartbeatAck]: ({ p }) => heartbeatAckFrame(positionOf(p)),
  [Opcode.Subscribed]: (frame) => {
    const { filter, effective_after } = objectOf(frame.d);
    return subscribedFrame(describeFilter(createFilter(filterSchema.parse(filter))), positionOf(effective_after));
  },
  [Opcode.Reconnect]: (frame) => reconnectFrame(Number(objectOf(frame.d).after_ms), 'drain'),
  [Opcode.Error]: (frame) => {
    const { code, message, retry_after_ms } = objectOf(frame.d);
    return errorFrame(String(code), String(message), Number(retry_after_ms));
  },
};

const CLIENT_OPS: readonly unknown[] = [Opcode.Heartbeat, Opcode.Subscribe];
const frames = fencedBlocks(page, 'json')
  .map((text) => objectOf(JSON.parse(text)))
  .filter(({ op }) => op !== undefined);
const ofServer = frames.filter(({ op }) => !CLIENT_OPS.includes(op));
const ofClient = frames.filter(({ op }) => CLIENT_OPS.includes(op));

describe('the examples of PROTOCOL.md', () => {
  it('show every frame there is', () => {
    expect(new Set(frames.map(({ op }) => op))).toEqual(new Set(Object.values(Opcode)));
  });

  it.each(ofServer)('are what the server writes: op $op', (frame) => {
    const written: unknown = JSON.parse(writers[Number(frame.op)]?.(frame) ?? 'null');
    expect(written).toEqual(frame);
  });

  it.each(ofClient)('are what the server accepts: op $op', (frame) => {
    expect(parseClientFrame(JSON.stringify(frame))).toMatchObject({ kind: 'frame', frame: { op: frame.op } });
    if (frame.op === Opcode.Subscribe) expect(parseFilterObject(frame.d)).toMatchObject({ ok: true });
  });

  it('show what is left of a purged event', () => {
    const d = ofServer
      .flatMap((frame) => ('d' in frame ? [objectOf(frame.d)] : []))
      .find(({ purged }) => purged === true);
    const ids = { messageId: String(d?.id), channelId: String(d?.channel_id), guildId: String(d?.guild_id) };
    const payload: unknown = JSON.parse(
      purgedPayload({ ...NOWHERE, ...ids, type: 'MESSAGE_CREATE' }, String(d?.origin)),
    );
    expect(payload).toEqual(d);
  });
});

describe('the tables of PROTOCOL.md', () => {
  it('name the frames of both sides as the code does', () => {
    const snake = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
    const named = [...rowsOf('Frames of the server'), ...rowsOf('Frames of the client')];
    const wanted = Object.entries(Opcode).map(([name, op]) => `${op} ${snake(name)}`);
    expect(named.map(([op, name]) => `${op} ${name}`).sort()).toEqual(wanted.sort());
  });

  it('list the filter parameters of the grammar', () => {
    expect(firstCodes('Filters')).toEqual(Object.keys(filterSchema.shape));
  });

  it.each(firstCodes('Since'))('give a value of since that is understood: %s', (value) => {
    expect(parseSince(value, Date.now())).not.toBeNull();
  });

  it('list every event type once, and say which ones are in the log', () => {
    const rows = rowsOf('Events').filter(([first = '']) => /^`[A-Z_]+`/.test(first));
    const listed = rows.flatMap(([first = '']) => codeIn(first));
    expect(listed.sort()).toEqual([...EVENT_TYPES].sort());
    const appended = rows.filter(([, meaning]) => meaning !== 'not yet').flatMap(([first = '']) => codeIn(first));
    const reducer = textOf(repositoryFiles(/^packages\/event-log\/src\/reduce.*\.ts$/));
    expect(appended).toEqual(EVENT_TYPES.filter((type) => reducer.includes(`'${type}'`)));
  });

  const gateway = textOf(repositoryFiles(/^services\/gateway\/src\/.*\.ts$/));

  it('list every close code, and say which ones this release sends', () => {
    const rows = rowsOf('Close codes');
    expect(rows.map(([code, name]) => [name, Number(code)])).toEqual(Object.entries(CloseCode));
    // ws by itself closes after a frame that is too large.
    const sent = new Set(['FrameTooLarge', ...[...gateway.matchAll(/CloseCode\.(\w+)/g)].map(([, name]) => name)]);
    const documented = rows.filter(([, , meaning = '']) => !meaning.startsWith('reserved')).map(([, name]) => name);
    expect(new Set(documented)).toEqual(sent);
  });

  it('name only error codes that the gateway knows', () => {
    const codes = rowsOf('Close codes').flatMap(([, , , cell = '']) => codeIn(cell));
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !gateway.includes(`'${code}'`))).toEqual([]);
  });

  it('name every route of the gateway and no other', () => {
    const served = [...gateway.matchAll(/(?:addJsonRoute\(\s*router,\s*|\.route\()'([^']+)'/g)].map(([, path]) => path);
    // With a method and a query in front and behind where there is more to a request than a GET.
    const paths = firstCodes('REST').map((code) => /\/[^ ?]*/.exec(code)?.[0]);
    expect([...new Set(paths.filter((path) => path !== undefined))].sort()).toEqual(served.sort());
  });

  it('name every type of problem and no other', () => {
    const slugs = [...gateway.matchAll(/(?:(?:refusal|problemOf)\(\s*\d+,\s*|slug: )'([a-z-]+)'/g)].map(
      ([, slug]) => `/problems/${slug}`,
    );
    const types = [...gateway.matchAll(/'(\/problems\/[a-z-]+)'/g)].map(([, type]) => type);
    const documented = rowsOf('Problems').flatMap(([, cell = '']) => codeIn(cell));
    expect(new Set(documented)).toEqual(new Set([...slugs, ...types]));
  });

  it('give the limits of the wire', () => {
    const values = new Map(rowsOf('Limits').map(([name = '', value = '']) => [name, Number(value)]));
    expect(Object.fromEntries([...values].filter(([, value]) => Number.isInteger(value)))).toEqual({
      'ids per parameter': MAX_IDS_PER_PARAMETER,
      'types per filter': MAX_TYPES_PER_FILTER,
      "bytes of a client's frame": MAX_CLIENT_FRAME_BYTES,
      'frames of a client per minute': MAX_CLIENT_FRAMES_PER_MINUTE,
      'bytes of a payload': MAX_PAYLOAD_BYTES,
      'messages of a page': MAX_PAGE_MESSAGES,
    });
  });
});
