import { describeWith, eventually, infrastructure } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Bystander, openBystander, quantile } from './bystander.ts';
import { attack } from './campaign.ts';
import { createTally, type Tally } from './tally.ts';
import { type Footprint, startTarget, type Target } from './target.ts';

// HOSTILE_INPUTS and HOSTILE_SEED make it longer, or another one.
const INPUTS = Number(process.env.HOSTILE_INPUTS ?? '12000');
const SEED = Number(process.env.HOSTILE_SEED ?? '1');
/** What is compiled and cached once is no leak, so a part of the inputs comes before the first look. */
const WARM_UP = Math.min(INPUTS / 2, 20_000);
const RUN_TIMEOUT_MS = 60_000 + INPUTS * 10;
const needs = infrastructure.postgres.available ? infrastructure.redisProcess : infrastructure.postgres;

describeWith(needs, `a gateway under ${INPUTS} hostile inputs (seed ${SEED})`, () => {
  let target: Target;
  let bystander: Bystander;
  let before: Footprint;
  let after: Footprint;
  const tally: Tally = createTally();

  beforeAll(async () => {
    target = await startTarget({ TRUST_PROXY: '1', API_KEY: 'a-key-that-nobody-is-told-0123456789' });
    bystander = await openBystander(target);
    const startMs = performance.now();
    await attack({ port: target.port, seed: SEED * 1_000_003, inputs: WARM_UP }, tally);
    before = await calm(target);
    await attack({ port: target.port, seed: SEED * 1_000_003 + 500_000, inputs: INPUTS - WARM_UP }, tally);
    after = await calm(target);
    process.stderr.write(
      `${tally.describe()}\n${tally.inputs} inputs in ${Math.round(performance.now() - startMs)} ms\n`,
    );
    process.stderr.write(`before ${JSON.stringify(before)}\nafter ${JSON.stringify(after)}\n`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await target?.stop();
    const said = target?.process.stdout.split('\n').filter((line) => /\b(?:error|warn)\b/.test(line)) ?? [];
    if (said.length > 0) process.stderr.write(`the gateway said: ${said.slice(-20).join('\n')}\n`);
  }, 60_000);

  /** Once nobody but the bystander is connected. */
  const calm = (tested: Target): Promise<Footprint> =>
    eventually(async () => {
      const { descriptors } = await tested.footprint();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const again = await tested.footprint();
      expect(again.descriptors).toBe(descriptors);
      return again;
    });

  it('answers each as the protocol says, and every refusal with a problem', () => {
    expect(tally.findings).toEqual([]);
  });

  it('goes on: no crash, and not a word of failure in its log', () => {
    expect(target.process.hasExited).toBe(false);
    expect(target.process.stdout.split('\n').filter((line) => /\berror\b|\bwarn\b/i.test(line))).toEqual([]);
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
    expect(after.heapBytes).toBeLessThan(before.heapBytes * 1.1);
  });
});
