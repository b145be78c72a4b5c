import { eventually, seededRandom } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { playTraffic } from './support/traffic.ts';
import { eventsOf, guildIdsOf, originOf, storedMessages } from './support/truth.ts';
import { channelId, GUILDS, say, useRig } from './support/use-rig.ts';

const { log, startSimulator, startIngester, expectTruth } = useRig();

describe('ingester', () => {
  it('stores what Discord shows: creates, edits, deletes, bulk deletes, replies, threads, attachments', async () => {
    const simulator = await startSimulator();
    const { connected, committed } = startIngester(simulator);
    await connected();
    playTraffic(simulator, 400, seededRandom(7));
    const [general, user] = [channelId(simulator, 'general'), 'ada'];
    const file = { filename: 'cat.png', size: 7, contentType: 'image/png', width: 1, height: 1, description: null };
    simulator.act({ op: 'message', channel: general, user, text: 'look', attachments: [file] });
    const { id } = simulator.createMessage({ channel: 'general', user, text: 'with a thread' });
    simulator.act({ op: 'message', channel: general, user, text: 'indeed', replyTo: id });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    const threadId = thread.kind === 'channel' ? thread.channel.id : '';
    simulator.act({ op: 'message', channel: threadId, user, text: 'in the thread' });
    simulator.act({ op: 'refresh', message: id, embeds: [{ title: 'unfurled' }] });
    await expectTruth(simulator);
    expect(await log().channel(threadId)).toMatchObject({ name: 'aside', parentId: general });
    expect(await log().guild(guildIdsOf(simulator)[0] ?? '')).toMatchObject({ name: 'The Guild' });
    // Commits were told of in the order of the log.
    expect(committed.map(({ seq }) => seq)).toEqual((await eventsOf(log(), simulator)).map(({ seq }) => seq));
  });

  it.each([11, 12])('I8: dispatches repeated and out of order end in the same store (seed %i)', async (seed) => {
    const simulator = await startSimulator();
    const { connected } = startIngester(simulator);
    await connected();
    const faults = [
      simulator.faults.add({ kind: 'duplicate', times: 40 }),
      simulator.faults.add({ kind: 'reorder', distance: 3, times: 40 }),
    ];
    playTraffic(simulator, 300, seededRandom(seed));
    await expectTruth(simulator);
    for (const { id } of faults) expect(simulator.faults.list().find((fault) => fault.id === id)?.fired).toBe(40);
  });

  it('keeps to the allow-list: threads of a listed channel, nothing else, not even the names of others', async () => {
    const simulator = await startSimulator({
      guilds: [...GUILDS, { name: 'Elsewhere', channels: ['away'], members: ['eve'] }],
    });
    const channelIds = new Set([channelId(simulator, 'general')]);
    const { connected } = startIngester(simulator, { watched: { guildIds: new Set(), channelIds } });
    await connected();
    say(simulator, 3, 'random');
    simulator.createMessage({ channel: 'away', user: 'eve', text: 'secret' });
    const { id } = simulator.createMessage({ channel: 'general', user: 'ada', text: 'seen' });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    simulator.act({
      op: 'message',
      channel: thread.kind === 'channel' ? thread.channel.id : '',
      user: 'ada',
      text: 'last',
    });
    await eventually(async () => expect((await storedMessages(log(), simulator)).at(-1)?.content).toBe('last'));
    const contents = (await storedMessages(log(), simulator)).map(({ content }) => content);
    expect(contents.filter((content) => content !== '')).toEqual(['seen', 'last']);
    const isOurs = ({ guildId }: { readonly guildId: string }): boolean => guildIdsOf(simulator).includes(guildId);
    expect(
      (await log().channels())
        .filter(isOurs)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['aside', 'general']);
    const [ours, elsewhere] = guildIdsOf(simulator);
    expect(await log().guild(ours ?? '')).toMatchObject({ name: 'The Guild' });
    expect(await log().guild(elsewhere ?? '')).toBeNull();
  });

  it('I9: more than the queue holds is not lost: Discord is left, and dispatches again what was not stored', async () => {
    const simulator = await startSimulator();
    const { connected, logger, ingester } = startIngester(simulator, {
      queueLimits: { maxChanges: 300, maxBytes: 1e7 },
    });
    await connected();
    say(simulator, 600);
    await expectTruth(simulator);
    expect(logger.lines).toContain('write queue is full, leaving discord until it is written');
    expect(ingester.queued).toBe(0);
    expect((await eventsOf(log(), simulator)).some((event) => originOf(event) === 'resume')).toBe(true);
    expect(simulator.sessions().identifies).toBe(1);
    // GET /gateway/bot, once for each connection.
    expect(simulator.status().rest.requests).toBe(1 + simulator.sessions().resumes);
  }, 60_000);

  it('stop commits what was received, and the lease is free at once', async () => {
    const simulator = await startSimulator();
    const { connected, ingester, committed } = startIngester(simulator);
    await connected();
    say(simulator, 1_200);
    await eventually(() => expect(committed.length + ingester.queued).toBeGreaterThan(500), { intervalMs: 1 });
    await ingester.stop();
    expect(ingester.queued).toBe(0);
    expect(await log().writerState()).toMatchObject({ isHeld: false, seq: committed.at(-1)?.seq });
    expect(simulator.status().connections).toBe(0);
  });

  it('hands Discord’s refusal to whoever can end the process', async () => {
    const simulator = await startSimulator({ token: 'another.token.entirely' });
    const { refusals } = startIngester(simulator);
    await eventually(() => expect(refusals).toEqual([expect.stringMatching(/DISCORD_TOKEN/)]));
  });

  it('IDENTIFYs are counted in the database: a new process does not begin anew when too many were sent', async () => {
    const simulator = await startSimulator({ identifyLimit: 10 });
    const bot = 'breaker';
    for (let sent = 0; sent < 8; sent += 1) await log().spendIdentify(bot);
    const { ingester, logger } = startIngester(simulator, { token: `${bot}.ingester.test` });
    await eventually(() => expect(logger.lines).toContain('identify budget is nearly used up, not connecting'));
    expect(ingester.readiness()).toMatchObject({ status: 'degraded', discord: 'connecting' });
    expect(simulator.sessions().identifies).toBe(0);
  });

  it('a missing message content intent is told once, and again only when it was there in between', async () => {
    const simulator = await startSimulator();
    const { connected, logger } = startIngester(simulator);
    await connected();
    const told = (): number =>
      logger.lines.filter((line) => line.startsWith('message content intent is missing')).length;
    const renew = async (): Promise<void> => {
      const { identifies } = simulator.sessions();
      const started = (): number => logger.lines.filter((line) => line === 'discord session started').length;
      const before = started();
      simulator.faults.add({ kind: 'expire_session' });
      await eventually(() => expect(started()).toBe(before + 1));
      expect(simulator.sessions().identifies).toBe(identifies + 1);
    };
    const stripped = simulator.faults.add({ kind: 'strip_content' });
    expect(told()).toBe(0);
    await renew();
    await renew();
    expect(told()).toBe(1);
    simulator.faults.clear(stripped.id);
    await renew();
    simulator.faults.add({ kind: 'strip_content' });
    await renew();
    expect(told()).toBe(2);
  }, 60_000);
});
