import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { withGaps } from './support/gaps.ts';
import { eventsOf, originOf } from './support/truth.ts';
import { channelId, say, useRig } from './support/use-rig.ts';

const rig = useRig();
const { log, startSimulator, startIngester, expectTruth } = rig;

const { gapEvents, gapsClosed, listenAndLose } = withGaps(rig);

/** An ingester in the middle of fetching 450 messages that were missed, from a Discord that answers slowly. */
async function startCatchingUp() {
  const simulator = await startSimulator();
  await listenAndLose(simulator, () => say(simulator, 50));
  say(simulator, 450);
  const slow = simulator.faults.add({ kind: 'rest_delay', ms: 1_000, path: '/messages', times: 0 });
  const second = startIngester(simulator);
  await second.connected();
  await eventually(() => expect(second.committed.some((event) => originOf(event) === 'backfill')).toBe(true));
  return { simulator, slow, second };
}

describe('when the session cannot be resumed', () => {
  it('a gap opens, everything missed is recovered, and it closes: creates, edits, deletes, new channels, threads', async () => {
    const simulator = await startSimulator();
    await listenAndLose(simulator, () => {
      say(simulator, 120);
      say(simulator, 10, 'random');
    });

    const ids = simulator.truth().messages.map(({ id }) => id);
    const [edited = '', deleted = '', quietEdited = '', quietDeleted = ''] = [ids[3], ids[5], ids[125], ids[129]];
    simulator.editMessage(edited, 'edited meanwhile');
    simulator.deleteMessage(deleted);
    // Of a channel in which nothing new was written.
    simulator.editMessage(quietEdited, 'edited meanwhile too');
    simulator.deleteMessage(quietDeleted);
    say(simulator, 250);
    const guild = simulator.status().guilds[0]?.id ?? '';
    simulator.act({ op: 'create_channel', guild, name: 'brand-new' });
    say(simulator, 3, 'brand-new');
    const { id } = simulator.createMessage({ channel: 'general', user: 'bob', text: 'with a thread' });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    const threadId = thread.kind === 'channel' ? thread.channel.id : '';
    simulator.act({ op: 'message', channel: threadId, user: 'ada', text: 'in it' });

    const second = startIngester(simulator);
    await second.connected();
    say(simulator, 5);
    await expectTruth(simulator);
    await gapsClosed(simulator, 1);
    expect(await gapEvents(simulator)).toMatchObject([
      { type: 'GAP_OPEN', guild_id: guild, reason: 'session_lost', since: expect.any(String) },
      { type: 'GAP_CLOSE', guild_id: guild, unrecoverable: [] },
    ]);
    expect((await log().writerState()).openGaps).toBe(0);
    const events = await eventsOf(log(), simulator);
    const found = (origin: string) => events.filter((event) => originOf(event) === origin && event.messageId !== null);
    expect(
      found('reconcile')
        .map(({ type, messageId }) => [type, messageId])
        .sort(),
    ).toEqual(
      [
        ['MESSAGE_UPDATE', edited],
        ['MESSAGE_DELETE', deleted],
        ['MESSAGE_UPDATE', quietEdited],
        ['MESSAGE_DELETE', quietDeleted],
      ].sort(),
    );
    // The thread brings its starter, too.
    expect(found('backfill')).toHaveLength(250 + 3 + 3);
  }, 60_000);

  it('a thread that was archived meanwhile is found and fetched', async () => {
    const simulator = await startSimulator();
    await listenAndLose(simulator, () => say(simulator, 3));
    const { id } = simulator.createMessage({ channel: 'general', user: 'bob', text: 'with a thread' });
    const thread = simulator.act({ op: 'thread', message: id, name: 'aside' });
    const threadId = thread.kind === 'channel' ? thread.channel.id : '';
    simulator.act({ op: 'message', channel: threadId, user: 'ada', text: 'in it' });
    simulator.act({ op: 'archive_thread', thread: threadId });
    const second = startIngester(simulator);
    await second.connected();
    await gapsClosed(simulator, 1);
    expect(await log().channel(threadId)).toMatchObject({ name: 'aside' });
    await expectTruth(simulator);
  }, 60_000);

  it('a channel that Discord refuses ends as unrecoverable, and does not hold up the others', async () => {
    const simulator = await startSimulator();
    await listenAndLose(simulator, () => {
      say(simulator, 3);
      say(simulator, 3, 'random');
    });
    say(simulator, 3);
    say(simulator, 3, 'random');
    simulator.faults.add({ kind: 'hide_channel', channel: 'random' });
    const second = startIngester(simulator);
    await second.connected();
    await gapsClosed(simulator, 1);
    const random = channelId(simulator, 'random');
    expect((await gapEvents(simulator)).at(-1)).toMatchObject({ unrecoverable: [random] });
    const coverage = (await log().coverage()).filter(({ catchUp }) => catchUp !== null);
    expect(coverage).toMatchObject([{ channelId: random, catchUp: { phase: 'unrecoverable' } }]);
    expect(simulator.faults.list().find(({ kind }) => kind === 'hide_channel')?.fired).toBeGreaterThan(1);
  }, 60_000);

  it('I8: whoever is interrupted while catching up, and loses the session again, goes on where the last one was', async () => {
    const { simulator, slow, second } = await startCatchingUp();
    // Newer than what is still missing.
    say(simulator, 10);
    await eventually(() => expect(second.committed.some((event) => originOf(event) === 'live')).toBe(true));
    await second.ingester.stop();
    expect((await log().openCatchUps()).some(({ phase }) => phase === 'missed')).toBe(true);
    simulator.faults.add({ kind: 'expire_session' });
    simulator.deleteMessage(simulator.truth().messages.at(-1)?.id ?? '');
    simulator.faults.clear(slow.id);

    const third = startIngester(simulator);
    await third.connected();
    await expectTruth(simulator);
    await gapsClosed(simulator, 1);
    expect((await gapEvents(simulator)).map(({ type }) => type)).toEqual(['GAP_OPEN', 'GAP_CLOSE']);
  }, 60_000);

  it('a session that goes on while its gap is open continues the work', async () => {
    const { simulator, slow, second } = await startCatchingUp();
    await second.ingester.stop();
    simulator.faults.clear(slow.id);
    const third = startIngester(simulator);
    await third.connected();
    await expectTruth(simulator);
    await gapsClosed(simulator, 1);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 2 });
  }, 60_000);

  it('an outage of Discord’s is a gap of that guild, closed when it is back', async () => {
    const simulator = await startSimulator();
    const { connected } = startIngester(simulator);
    await connected();
    say(simulator, 5);
    await expectTruth(simulator);
    const outage = simulator.faults.add({ kind: 'guild_outage' });
    say(simulator, 5);
    simulator.faults.clear(outage.id);
    await gapsClosed(simulator, 1);
    await expectTruth(simulator);
    expect((await gapEvents(simulator))[0]).toMatchObject({ type: 'GAP_OPEN', reason: 'guild_outage' });
  }, 60_000);

  it('errors of Discord’s REST API are waited for; one odd 401 is none of the token', async () => {
    const simulator = await startSimulator();
    await listenAndLose(simulator, () => say(simulator, 5));
    say(simulator, 5);
    const faults = [
      simulator.faults.add({ kind: 'rest', status: 401, path: '/messages' }),
      simulator.faults.add({ kind: 'rest', status: 429, path: '/messages', retry_after: 0.1 }),
      simulator.faults.add({ kind: 'rest', status: 503, path: '/messages', times: 4 }),
    ];
    const second = startIngester(simulator);
    await second.connected();
    await gapsClosed(simulator, 1);
    await expectTruth(simulator);
    expect(second.refusals).toEqual([]);
    const fired = faults.map(({ id }) => simulator.faults.list().find((fault) => fault.id === id)?.fired);
    expect(fired).toEqual([1, 1, 4]);
  }, 60_000);
});
