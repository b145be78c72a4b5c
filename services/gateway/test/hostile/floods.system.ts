import { stripVTControlCharacters } from 'node:util';
import {
  describeWith,
  eventually,
  infrastructure,
  openTestConnection,
  seededRandom,
  spawnProcess,
} from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Bystander, openBystander, quantile } from './bystander.ts';
import { SOUND_HANDSHAKE } from './handshake.ts';
import { type HttpAnswer, judgeAnswer, takeAnswer } from './http-answer.ts';
import { connectRawPeer, type RawPeer } from './raw-peer.ts';
import { startTarget, type Target, targetNeeds } from './target.ts';

const MAX_TOTAL = 300;
const MAX_PER_ADDRESS = 20;
const CHURN = Number(process.env.HOSTILE_CHURN ?? '1500');
const SLOW_CLIENTS = 150;
/** Headers have 10 s, which is looked at every 2 s. */
const MAX_SLOW_MS = 20_000;

describeWith(targetNeeds, 'a gateway under floods and slow clients', () => {
  let target: Target;
  let bystander: Bystander;
  const peers: RawPeer[] = [];

  beforeAll(async () => {
    target = await startTarget({
      // The bystander has a place, too.
      WS_MAX_CONNECTIONS: String(MAX_TOTAL + 1),
      WS_MAX_CONNECTIONS_PER_IP: String(MAX_PER_ADDRESS),
    });
    bystander = await openBystander(target);
  }, 120_000);

  afterAll(() => target?.stop(), 60_000);

  const connect = async (address: string): Promise<RawPeer> => {
    const peer = await connectRawPeer(target.port, address, 60_000);
    peers.push(peer);
    return peer;
  };
  const knock = async (address: string): Promise<HttpAnswer | null> => {
    const peer = await connect(address);
    await peer.send(SOUND_HANDSHAKE);
    return takeAnswer(peer, false);
  };
  /** How many of `each` handshakes from each of `addresses` addresses were accepted, by address; the refusals must be sound. */
  const flood = async (addresses: number, each: number): Promise<readonly number[]> => {
    const names = Array.from({ length: addresses }, (_, index) => `127.9.${index}.1`);
    return Promise.all(
      names.map(async (name) => {
        const answers = await Promise.all(Array.from({ length: each }, () => knock(name)));
        const refused = answers.filter((answer) => answer?.status !== 101);
        for (const answer of refused) {
          expect([429, 503]).toContain(answer?.status);
          expect(answer?.headers.get('content-type')).toBe('application/problem+json');
          expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
        }
        return answers.length - refused.length;
      }),
    );
  };
  const hangUp = (): void => {
    for (const peer of peers.splice(0)) peer.destroy();
  };
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  /** Every place is free again: exactly as many as before get in. */
  const expectAllPlacesFree = (): Promise<void> =>
    eventually(
      async () => {
        hangUp();
        expect(sum(await flood(MAX_TOTAL / MAX_PER_ADDRESS, MAX_PER_ADDRESS))).toBe(MAX_TOTAL);
      },
      { timeoutMs: 20_000, intervalMs: 300 },
    );

  it('I9: caps are exact: not one connection more, per address and in total, and not one less', async () => {
    const perAddress = await flood(5, 2 * MAX_PER_ADDRESS);
    expect(perAddress).toEqual([20, 20, 20, 20, 20]);
    hangUp();
    await eventually(async () => {
      hangUp();
      expect(sum(await flood(40, 15))).toBe(MAX_TOTAL);
    });
    hangUp();
  }, 60_000);

  it(`I9: ${CHURN} connections that break off at any point leave no place taken and no descriptor open`, async () => {
    const { descriptors } = await target.footprint();
    const random = seededRandom(Number(process.env.HOSTILE_SEED ?? '1'));
    const breakOff = async (stage: number): Promise<void> => {
      const peer = await connectRawPeer(target.port, `127.8.${random.integer(0, 250)}.${random.integer(1, 250)}`);
      const cut = stage === 1 ? random.integer(1, SOUND_HANDSHAKE.length - 1) : SOUND_HANDSHAKE.length;
      if (stage > 0) await peer.send(SOUND_HANDSHAKE.subarray(0, cut));
      if (stage > 2) await takeAnswer(peer, false);
      if (stage > 3) peer.finish();
      peer.destroy();
    };
    for (let done = 0; done < CHURN; done += 30) {
      await Promise.all(Array.from({ length: 30 }, () => breakOff(random.integer(0, 4))));
    }
    expect((await target.footprint()).descriptors).toBeLessThanOrEqual(descriptors);
    await expectAllPlacesFree();
    hangUp();
  }, 120_000);

  it('slow and silent clients are cut off in time, and cost a normal client nothing', async () => {
    const { descriptors } = await target.footprint();
    const starts = [
      '',
      'G',
      'GET /messages HTTP/1.1\r\nHost: h\r\nX: ',
      'POST /messages HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n',
    ];
    const startMs = performance.now();
    const slow = await Promise.all(
      Array.from({ length: SLOW_CLIENTS }, async (_, index) => {
        const peer = await connect(`127.7.${index}.1`);
        await peer.send(Buffer.from(starts[index % starts.length] ?? ''));
        return peer;
      }),
    );
    const dripping = setInterval(() => {
      for (const [index, peer] of slow.entries()) if (index % starts.length > 1) void peer.send(Buffer.from('x'));
    }, 500);
    try {
      await Promise.all(slow.map((peer) => peer.closed()));
    } finally {
      clearInterval(dripping);
    }
    expect(performance.now() - startMs).toBeLessThan(MAX_SLOW_MS);
    for (const peer of slow) {
      const answer = await takeAnswer(peer, false).catch(() => null);
      if (answer !== null) expect(judgeAnswer(answer, false)).toBeNull();
    }
    hangUp();
    expect((await target.footprint()).descriptors).toBeLessThanOrEqual(descriptors);
  }, 60_000);

  it('I5, I9: a normal client got every event once and every answer soon, through all of it', async () => {
    await bystander.leave();
    expect(bystander.connection.violations).toEqual([]);
    expect(bystander.connection.events).toHaveLength(bystander.said);
    expect(quantile(bystander.latenciesMs, 0.5)).toBeLessThan(500);
    const late = await openTestConnection(target.ws);
    await late.close();
    expect(target.process.hasExited).toBe(false);
    expect(target.process.stdout).not.toMatch(/ error | uncaught/i);
  }, 60_000);

  describeWith(infrastructure.slowhttptest, 'and slowhttptest', () => {
    const MODES = [
      ['-H', '-i', '2'],
      ['-B', '-i', '2', '-s', '8192'],
      ['-X', '-w', '1', '-y', '10', '-n', '2', '-z', '1'],
      ['-R', '-a', '5', '-b', '300'],
    ];

    it('slow headers, slow bodies, slow reading and ranges take no service away, by its own judgement', async () => {
      const runs = MODES.map(async (mode) => {
        const all = ['-c', '150', '-r', '75', '-l', '6', '-p', '3', ...mode, '-u', `${target.http}/messages`];
        const attack = await spawnProcess('slowhttptest', all);
        await attack.exited;
        const said = stripVTControlCharacters(attack.stdout);
        return [...said.matchAll(/service available:\s*(\w+)/g)].map(([, verdict]) => verdict);
      });
      for (const verdicts of await Promise.all(runs)) {
        expect(verdicts.length).toBeGreaterThan(0);
        expect(new Set(verdicts)).toEqual(new Set(['YES']));
      }
    }, 60_000);
  });
});
