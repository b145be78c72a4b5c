import { describeWith, seededRandom } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Bystander, openBystander, quantile } from './bystander.ts';
import { attack } from './campaign.ts';
import { SOUND_HANDSHAKE } from './handshake.ts';
import { takeAnswer } from './http-answer.ts';
import { connectRawPeer, loopbackAddress } from './raw-peer.ts';
import { createTally, type Tally } from './tally.ts';
import { type Footprint, startTarget, type Target, targetNeeds } from './target.ts';
import { closeFrame, FrameType, parseServerFrame, textFrame } from './wire-frames.ts';

// HOSTILE_INPUTS and HOSTILE_SEED make it longer, or another one.
const INPUTS = Number(process.env.HOSTILE_INPUTS ?? '5000');
const SEED = Number(process.env.HOSTILE_SEED ?? '1');
/** What is compiled and cached once is no leak, so a part of the inputs comes before the first look. */
const WARM_UP = Math.min(INPUTS / 2, 20_000);
/** Of the heap after a collection, always; of the resident set after that many inputs, since it settles slowly. */
const MAX_GROWTH = 1.1;
const INPUTS_UNTIL_SETTLED = 100_000;
/** Of connections, each with a seed of its own. */
const SEEDS_APART = 10_000_019;
const RUN_TIMEOUT_MS = 120_000 + INPUTS * 20;
const MET_ALWAYS = ['101', '200', '204', '400', '401', '403', '404', '405', '413', '426', '431'];
const CLOSED_ALWAYS = ['1002', '1005', '1007', '1008', '1009', '4001', '4002', '4008', '4523'];

describeWith(targetNeeds, `a gateway under ${INPUTS} hostile inputs (seed ${SEED})`, () => {
  let target: Target;
  let bystander: Bystander;
  let before: Footprint;
  let after: Footprint;
  const tally: Tally = createTally();
  const complaints = (): readonly string[] =>
    target.process.stdout.split('\n').filter((line) => /\b(?:error|warn)\b/i.test(line));

  beforeAll(async () => {
    target = await startTarget({ TRUST_PROXY: '1', API_KEY: 'a-key-that-nobody-is-told-0123456789' });
    bystander = await openBystander(target);
    const startMs = performance.now();
    await attack({ port: target.port, seed: SEED * SEEDS_APART, inputs: WARM_UP }, tally);
    before = await target.footprint();
    await attack({ port: target.port, seed: (SEED + 0.5) * SEEDS_APART, inputs: INPUTS - WARM_UP }, tally);
    after = await target.footprint();
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    process.stdout.write(
      `    · ${tally.inputs} inputs in ${seconds} s\n${tally.describe().replace(/^/gm, '    · ')}\n`,
    );
    process.stdout.write(`    · before ${JSON.stringify(before)}, after ${JSON.stringify(after)}\n`);
  }, RUN_TIMEOUT_MS);

  afterAll(() => target?.stop(), 60_000);

  it('answers each as the protocol says, and every refusal with a problem', () => {
    expect(tally.findings).toEqual([]);
    const met = tally.outcomes;
    expect([...MET_ALWAYS, ...CLOSED_ALWAYS].filter((outcome) => !met.has(outcome))).toEqual([]);
  });

  it('goes on: no crash, and not a word of failure in its log', () => {
    expect(target.process.hasExited).toBe(false);
    expect(complaints()).toEqual([]);
  });

  it('I5, I9: serves a normal client promptly all the while, each event once', async () => {
    await bystander.leave();
    expect(bystander.connection.violations).toEqual([]);
    expect(bystander.connection.events).toHaveLength(bystander.said);
    const { latenciesMs } = bystander;
    expect(quantile(latenciesMs, 0.5)).toBeLessThan(500);
    expect(latenciesMs.at(-1)).toBeLessThan(5_000);
  });

  it('I9: holds no more memory and no more descriptors than before', () => {
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.heapBytes).toBeLessThan(before.heapBytes * MAX_GROWTH);
    if (INPUTS >= INPUTS_UNTIL_SETTLED) expect(after.residentBytes).toBeLessThan(before.residentBytes * MAX_GROWTH);
  });

  it('understands a conversation wherever the network cuts it', async () => {
    const random = seededRandom(SEED);
    const talk = Buffer.concat([textFrame('{"op":1,"d":"κόσμε"}'), closeFrame(1000, Buffer.from('κόσμε'))]);
    const cutAt = async (place: number): Promise<readonly number[]> => {
      const peer = await connectRawPeer(target.port, loopbackAddress(random));
      await peer.send(SOUND_HANDSHAKE.subarray(0, place), SOUND_HANDSHAKE.subarray(place));
      const answer = await takeAnswer(peer, false);
      const inside = Math.max(0, place - SOUND_HANDSHAKE.length);
      await peer.send(talk.subarray(0, inside), talk.subarray(inside));
      const types: number[] = [];
      for (let frame = await peer.take(parseServerFrame); frame !== null; frame = await peer.take(parseServerFrame)) {
        types.push(frame.type);
      }
      peer.destroy();
      return [answer?.status ?? 0, ...types];
    };
    for (let place = 0; place <= SOUND_HANDSHAKE.length + talk.length; place += 1) {
      const heard = await cutAt(place);
      // HELLO, the answer to the heartbeat, and the close.
      expect({ place, heard }).toEqual({ place, heard: [101, FrameType.Text, FrameType.Text, FrameType.Close] });
    }
  }, 60_000);
});
