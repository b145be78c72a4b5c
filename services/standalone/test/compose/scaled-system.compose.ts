import { describeWith, eventually } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { loadChat } from '../support/chat.ts';
import { writeChatScript } from '../support/chat-script.ts';
import { fetchPage, headSeqOf, toFinal, walkHistory } from '../support/history.ts';
import { report, seconds, timed } from '../support/report.ts';
import { brokenLog, firstDifference, isSameJson, replay } from '../support/stream-view.ts';
import { finalMessages } from '../support/truth.ts';
import { docker, findDocker, linesOf } from './support/docker.ts';
import { type HttpProbe, startHttpProbe } from './support/http-probe.ts';
import { addOutsideAddresses, type OutsideAddresses } from './support/outside-addresses.ts';
import { type Container, prepareStack, SERVICES, type Service, type Stack } from './support/stack.ts';
import { digestOf } from './support/swarm-client.ts';
import { type Swarm, startSwarm } from './support/swarm-process.ts';
import type { SwarmStatus } from './support/swarm-status.ts';

const CLIENTS = 500;
const CLIENT_ADDRESSES = 4;
const MESSAGES_PER_SECOND = Number(process.env.COMPOSE_RATE ?? '100');
const UP_TIMEOUT_MS = 600_000;
/** Of each test: starting, stopping and draining containers takes its time. */
jest.setTimeout(240_000);
const END_TIMEOUT_MS = 900_000;
const API_KEY = 'a-key-for-the-proof-only-0123456789abcdef';

const logLineSchema = z.object({ time: z.string() });
const readySchema = z.object({ role: z.string() });
const statsSchema = z.object({ connections: z.object({ addresses: z.number() }) });
const chat = loadChat();

describeWith(findDocker(), `docker compose up, with ${CLIENTS} clients and ${chat.title}`, () => {
  let stack: Stack;
  let outside: OutsideAddresses;
  let baseUrl: string;
  let swarm: Swarm;
  let probe: HttpProbe;

  const isComplete = ({ connected }: SwarmStatus): boolean => connected === CLIENTS;
  /** All clients are connected, and each has received a hundred events that did not exist before. */
  const untilFlowing = async (): Promise<SwarmStatus> => {
    const { maxSeq } = swarm.status();
    await stack.say(100);
    return swarm.until((status) => isComplete(status) && status.minSeq >= maxSeq + 100, 120_000);
  };
  const leader = async (): Promise<Container> => {
    const all = await stack.containers('ingester');
    const roles = await Promise.all(
      all.map(async (each) => readySchema.parse(await stack.askInside(each, 9464, '/health/ready')).role),
    );
    const active = all[roles.indexOf('active')];
    if (active === undefined || !roles.includes('standby')) throw new Error(`one must lead and one wait: ${roles}`);
    return active;
  };
  /** Whoever lost a connection that should have lasted learns here what the load balancer saw of it. */
  const expectNoLoss = async (before: SwarmStatus, after: SwarmStatus, sinceMs: number): Promise<void> => {
    if (after.losses > before.losses) {
      const [balancer] = await stack.containers('load-balancer');
      const seen = linesOf(await docker('logs', '--since', new Date(sinceMs).toISOString(), balancer?.Id ?? ''));
      report(`${JSON.stringify(after.failures)}; the load balancer: ${seen.slice(-20).join('\n')}`);
    }
    expect(after.losses).toBe(before.losses);
  };
  const untilBack = (service: Service, crashed: Container): Promise<void> =>
    eventually(
      async () => {
        const found = (await stack.containers(service)).find(({ Id }) => Id === crashed.Id);
        expect(found?.State.StartedAt).not.toBe(crashed.State.StartedAt);
      },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
  const scaleTo = (gateways: number): Promise<string> =>
    stack.compose('up', '-d', '--no-recreate', '--wait', '--scale', `gateway=${gateways}`, '--scale', 'ingester=2');

  /** Compose asks each container, the load balancer asks it once more. */
  const untilUp = (replicas: number): Promise<void> =>
    eventually(async () => expect(await stack.spread()).toHaveLength(replicas), { timeoutMs: 30_000, intervalMs: 250 });

  beforeAll(async () => {
    const script = await writeChatScript(chat);
    const channel = chat.lines[0]?.channel ?? '';
    stack = await prepareStack({ channel, script, messagesPerSecond: MESSAGES_PER_SECOND, apiKey: API_KEY });
    outside = await addOutsideAddresses(CLIENT_ADDRESSES);
    baseUrl = `http://${outside.server}:${stack.port}`;
    const built = await timed(() => stack.compose('build'));
    const up = await timed(() => stack.compose('up', '-d', '--wait', '--scale', 'ingester=2'));
    report(`images built in ${seconds(built.ms)}, everything healthy ${seconds(up.ms)} after "up"`);
    probe = startHttpProbe(baseUrl);
    swarm = await startSwarm(`ws://${outside.server}:${stack.port}/ws`, CLIENTS, outside.clients);
    await swarm.until(isComplete, 120_000);
  }, UP_TIMEOUT_MS);

  afterAll(async () => {
    await probe?.stop();
    await swarm?.stop();
    await outside?.remove();
    await stack?.down();
  });

  it('runs without root, without a writable file system, and publishes the load balancer alone', async () => {
    for (const service of SERVICES) {
      for (const { Config, HostConfig, NetworkSettings } of await stack.containers(service)) {
        const published = Object.values(NetworkSettings.Ports).filter((bindings) => (bindings ?? []).length > 0);
        expect({ service, isPublished: published.length > 0 }).toEqual({
          service,
          isPublished: service === 'load-balancer',
        });
        expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
        if (service === 'gateway' || service === 'ingester') expect(Config.User).toBe('1000:1000');
        // Secrets come as files.
        expect(Config.Env.filter((entry) => /postgresql:\/\//.test(entry))).toEqual([]);
      }
    }
    const sizes = await docker(
      'images',
      '--format',
      '{{.Repository}} {{.Size}}',
      '--filter',
      `reference=*/*:${stack.version}`,
    );
    report(`images: ${sizes.replaceAll('\n', ', ')}`);
  });

  it('spreads the clients evenly, and gateways see their real addresses, whatever they claim', async () => {
    const sessions = await stack.spread();
    report(`${CLIENTS} clients over 3 replicas: ${sessions.join('/')}`);
    expect(sessions).toHaveLength(3);
    expect(Math.max(...sessions) - Math.min(...sessions)).toBeLessThanOrEqual(10);
    for (const container of await stack.containers('gateway')) {
      const stats = statsSchema.parse(await stack.askInside(container, 3000, '/stats'));
      expect(stats.connections.addresses).toBe(CLIENT_ADDRESSES);
    }
  });

  it('scales gateways from 3 to 6 without losing a client, and the new ones take new clients at once', async () => {
    const before = swarm.status();
    const { ms } = await timed(() => scaleTo(6));
    await untilUp(6);
    const newcomers = await startSwarm(`ws://${outside.server}:${stack.port}/ws`, 60, outside.clients);
    await newcomers.until(({ connected }) => connected === 60);
    const sessions = await stack.spread();
    report(`3 to 6 in ${seconds(ms)}; with 60 more clients: ${sessions.join('/')}`);
    await newcomers.stop();
    expect(swarm.status()).toMatchObject({
      connected: CLIENTS,
      losses: before.losses,
      connections: before.connections,
    });
    expect(sessions).toHaveLength(6);
    expect(Math.min(...sessions)).toBeGreaterThanOrEqual(15);
    expect(Object.fromEntries(probe.failures)).toEqual({});
  });

  it('scales from 6 to 2: every client moves, none finds the door closed', async () => {
    const [before, startedMs] = [swarm.status(), Date.now()];
    const { ms } = await timed(() => scaleTo(2));
    const after = await untilFlowing();
    report(
      `6 to 2 in ${seconds(ms)}; ${after.losses - before.losses} clients lost, longest gap ${after.longestGapMs} ms`,
    );
    const sessions = await stack.spread();
    await scaleTo(3);
    expect(sessions).toHaveLength(2);
    await expectNoLoss(before, after, startedMs);
    expect(Object.fromEntries(probe.failures)).toEqual({});
  });

  it('a gateway dies: its clients go on elsewhere, and Docker starts it again', async () => {
    const [victim] = await stack.containers('gateway');
    if (victim === undefined) throw new Error('there is no gateway');
    const before = swarm.status();
    stack.crash(victim);
    const after = await untilFlowing();
    report(`gateway killed: ${after.losses - before.losses} clients moved, longest gap ${after.longestGapMs} ms`);
    expect(after.losses).toBeGreaterThan(before.losses);
    await untilBack('gateway', victim);
  });

  it('the active ingester dies: the other one takes over, or the same one once Docker has started it again', async () => {
    const active = await leader();
    const killedAt = Date.now();
    stack.crash(active);
    const tookMs = await eventually(
      async () => {
        const logs = await Promise.all((await stack.containers('ingester')).map(({ Id }) => docker('logs', Id)));
        const acquired = logs.flatMap(linesOf).filter((line) => line.includes('"lease acquired"'));
        const latest = Math.max(...acquired.map((line) => Date.parse(logLineSchema.parse(JSON.parse(line)).time)));
        expect(latest).toBeGreaterThan(killedAt);
        return latest - killedAt;
      },
      { timeoutMs: 30_000, intervalMs: 500 },
    );
    report(`ingester killed: led again after ${seconds(tookMs)}`);
    await untilFlowing();
    await untilBack('ingester', active);
  });

  it.each(['redis', 'postgres'] as const)('%s dies and comes back: nobody is disconnected', async (service) => {
    const [victim] = await stack.containers(service);
    if (victim === undefined) throw new Error(`there is no ${service}`);
    const before = swarm.status();
    const { ms } = await timed(async () => {
      stack.crash(victim);
      await untilBack(service, victim);
      await untilFlowing();
    });
    report(`${service} killed: a hundred newer events at every client after ${seconds(ms)}`);
    expect(swarm.status().losses).toBe(before.losses);
  });

  it('the load balancer restarts: all clients come back to where they were', async () => {
    const { ms } = await timed(() => stack.compose('restart', 'load-balancer'));
    const after = await untilFlowing();
    report(`load balancer restarted in ${seconds(ms)}; longest gap ${after.longestGapMs} ms`);
  });

  it('upgrades to newly built images without losing a client or a request', async () => {
    const [before, startedMs] = [swarm.status(), Date.now()];
    const failuresBefore = Object.fromEntries(probe.failures);
    const oldImages = new Set((await stack.containers('gateway')).map(({ Id }) => Id));
    const { ms } = await timed(() => stack.rollingUpdate(`dms-proof-${process.pid}-next`));
    const after = await untilFlowing();
    report(
      `upgraded in ${seconds(ms)}; ${after.losses - before.losses} clients lost, longest gap ${after.longestGapMs} ms`,
    );
    const gateways = await stack.containers('gateway');
    expect(gateways.filter(({ Id }) => oldImages.has(Id))).toEqual([]);
    expect(gateways).toHaveLength(3);
    await expectNoLoss(before, after, startedMs);
    expect(Object.fromEntries(probe.failures)).toEqual(failuresBefore);
  });

  it(
    'in the end every client has every event once, in order, and the archive is what was said',
    async () => {
      await stack.simulator.untilPlayed(undefined, END_TIMEOUT_MS);
      const truth = await stack.simulator.truth();
      const wanted = finalMessages(truth);
      await swarm.until(({ minSeq }) => minSeq >= wanted.length, 120_000);
      const { position } = await fetchPage(baseUrl, { limit: '1' });
      const log = await replay(`ws://${outside.server}:${stack.port}/ws`, headSeqOf(position));
      const status = await swarm.until(({ minSeq, maxSeq }) => minSeq === log.length && maxSeq === log.length);
      report(
        `${log.length} events, ${status.connections} connections of ${CLIENTS} clients, failures ${JSON.stringify(status.failures)}`,
      );
      report(`${probe.answered} requests beside them, failures ${JSON.stringify(Object.fromEntries(probe.failures))}`);
      expect(status.violations).toEqual([]);
      expect(status.digests).toEqual([digestOf(log.map(({ text }) => text))]);
      expect(brokenLog(log)).toBeNull();
      expect(firstDifference((await walkHistory(baseUrl, 'after')).map(toFinal), wanted, isSameJson)).toBeNull();
    },
    END_TIMEOUT_MS,
  );

  it('down leaves nothing behind', async () => {
    await Promise.all([probe.stop(), swarm.stop()]);
    expect(await stack.down()).toEqual([]);
  });
});
