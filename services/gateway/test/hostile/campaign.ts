import { type SeededRandom, seededRandom } from '@dms/test-kit';
import { playHandshake } from './handshake.ts';
import { playFrames } from './play-frames.ts';
import { playHttp } from './play-http.ts';
import { Finding, type Tally } from './tally.ts';

const CONNECTIONS_AT_ONCE = 12;
const PLAYS = [playHttp, playFrames, playFrames, playFrames, playFrames, playHandshake, playHandshake, playHandshake];

export interface CampaignPlan {
  readonly port: number;
  readonly seed: number;
  readonly inputs: number;
}

/** Connection after connection until `inputs` were tried. Each has a seed of its own, so that the one with a finding can be
 *  played alone. */
export async function attack({ port, seed, inputs }: CampaignPlan, tally: Tally): Promise<void> {
  const goal = tally.inputs + inputs;
  let connections = 0;
  const work = async (): Promise<void> => {
    while (tally.inputs < goal) {
      connections += 1;
      await playOne(port, seed + connections, tally);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, work));
}

/** The connection that `seed` stands for. */
export async function playOne(port: number, seed: number, tally: Tally): Promise<void> {
  const random: SeededRandom = seededRandom(seed);
  try {
    await random.pick(PLAYS)(port, random, tally);
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    tally.found(seed, error);
  }
}
