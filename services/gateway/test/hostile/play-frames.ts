import type { SeededRandom } from '@dms/test-kit';
import { type FrameInput, fatalInput, opInput, soundInput } from './frame-inputs.ts';
import { openSocket } from './handshake.ts';
import { cut, type RawPeer } from './raw-peer.ts';
import { Finding, type Tally } from './tally.ts';
import { closeCodeOf, FrameType, parseServerFrame, type ServerFrame } from './wire-frames.ts';
import { chance } from './words.ts';

const MAX_SOUND_INPUTS = 12;
const QUERIES = [
  '',
  '?since=latest',
  '?since=all&channel_id=10',
  '?since=0:0',
  '?since=1:1',
  '?types=GAP_OPEN&since=1h',
];
const HELLO = 10;
const ERROR = 103;
/** Closes that the product decides on, which it explains first; ws decides on others before anybody is asked. */
const EXPLAINED: ReadonlySet<number> = new Set([4001, 4002, 4008, 4523]);

/** One WebSocket: some inputs that it survives, and one that it need not. */
export async function playFrames(port: number, random: SeededRandom, tally: Tally): Promise<void> {
  const peer = await openSocket(port, random, random.pick(QUERIES));
  try {
    // Now and then nobody waits for the greeting, so that frames meet a connection that is only beginning.
    const isPatient = chance(random, 0.8);
    if (isPatient) await untilReply(peer, HELLO);
    for (let count = random.integer(0, MAX_SOUND_INPUTS); count > 0; count -= 1) {
      const goesOn = await play(peer, chance(random, 0.5) ? soundInput(random) : opInput(random), random, tally);
      if (!goesOn) return;
    }
    await play(peer, fatalInput(random), random, tally);
  } finally {
    peer.destroy();
  }
}

/** False when the connection is over. */
async function play(peer: RawPeer, input: FrameInput, random: SeededRandom, tally: Tally): Promise<boolean> {
  const { what, expected } = input;
  tally.input(what);
  try {
    await peer.send(...cut(input.bytes, random, random.integer(1, 3)));
    if (expected.kind === 'reply') await untilReply(peer, expected.op);
    if (expected.kind === 'pong') await untilPong(peer, expected.payload);
    if (expected.kind !== 'close' && expected.kind !== 'any') {
      tally.outcome(what, expected.kind);
      return true;
    }
    // What ends the connection must do so by itself; after anything else nobody would know how long to wait.
    if (expected.kind === 'any') peer.finish();
    const { code, isExplained } = await untilClose(peer);
    tally.outcome(what, String(code));
    if (expected.kind === 'close' && !expected.codes.some((wanted) => wanted === code)) {
      throw new Error(`closed with ${code} instead of ${expected.codes.join(' or ')}`);
    }
    if (what !== 'goodbyes' && code !== null && EXPLAINED.has(code) && !isExplained)
      throw new Error(`${code} without a reason`);
    return false;
  } catch (error) {
    throw new Finding(what, error instanceof Error ? error.message : String(error), input.bytes);
  }
}

/** The next frame that is not the server's own idea. */
async function nextFrame(peer: RawPeer): Promise<ServerFrame | null> {
  for (;;) {
    const frame = await peer.take(parseServerFrame);
    if (frame === null || !isUnasked(frame)) return frame;
  }
}

const opOf = ({ payload }: ServerFrame): number => Number(JSON.parse(payload.toString()).op);

const isUnasked = (frame: ServerFrame): boolean =>
  frame.type === FrameType.Ping || (frame.type === FrameType.Text && [0, HELLO, 100].includes(opOf(frame)));

const describe = (frame: ServerFrame | null): string =>
  frame === null
    ? 'the end'
    : `${frame.type} ${frame.type === FrameType.Close ? closeCodeOf(frame) : frame.payload.toString().slice(0, 200)}`;

async function untilReply(peer: RawPeer, op: number): Promise<void> {
  const frame = op === HELLO ? await peer.take(parseServerFrame) : await nextFrame(peer);
  if (frame?.type !== FrameType.Text || opOf(frame) !== op)
    throw new Error(`instead of op ${op} came ${describe(frame)}`);
}

async function untilPong(peer: RawPeer, payload: Buffer): Promise<void> {
  const frame = await nextFrame(peer);
  if (frame?.type !== FrameType.Pong || !frame.payload.equals(payload))
    throw new Error(`instead of a pong came ${describe(frame)}`);
}

/** Everything up to the end must be sound. `code` is null when the server hung up without a close. */
async function untilClose(peer: RawPeer): Promise<{ readonly code: number | null; readonly isExplained: boolean }> {
  let isExplained = false;
  for (;;) {
    const frame = await peer.take(parseServerFrame);
    if (frame === null) return { code: null, isExplained };
    if (frame.type === FrameType.Text && opOf(frame) === ERROR) isExplained = true;
    if (frame.type !== FrameType.Close) continue;
    peer.finish();
    const late = await peer.take(parseServerFrame);
    if (late !== null) throw new Error(`after the close came ${describe(late)}`);
    return { code: closeCodeOf(frame), isExplained };
  }
}
