import type { DiscordSimulator } from '@dms/discord-simulator';
import { eventually } from '@dms/test-kit';
import { describe, expect, it } from '@jest/globals';
import { withGaps } from './support/gaps.ts';
import { idOf } from './support/start-with.ts';
import { eventsOf, originOf } from './support/truth.ts';
import { channelId, say, useRig } from './support/use-rig.ts';

const rig = useRig();
const { log, startSimulator, startIngester, expectTruth } = rig;
const { gapEvents, gapsClosed, listenAndLose } = withGaps(rig);

const openThread = (simulator: DiscordSimulator): string => {
  const { id } = simulator.createMessage({ channel: 'general', user: 'bob', text: 'with a thread' });
  return idOf(simulator.act({ op: 'thread', message: id, name: 'aside' }));
};
const sayInside = (simulator: DiscordSimulator, thread: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) =>
    idOf(simulator.act({ op: 'message', channel: thread, user: 'ada', text: `inside ${index}` })),
  );

// Discord describes active threads only: what was planned of one that is archived by then used to go on from where it had been,
// and what happened meanwhile to messages before that was missed.
describe('a thread that is archived while its gap grows', () => {
  it.each([
    ['and that was there before', true],
    ['and that was new in it', false],
  ])(
    '%s, of which messages were missing, is compared with all that is stored of it by now',
    async (_what, isOld) => {
      const simulator = await startSimulator();
      let thread = '';
      const begin = (): void => {
        thread = openThread(simulator);
        sayInside(simulator, thread, 3);
      };
      await listenAndLose(simulator, () => (isOld ? begin() : say(simulator, 1)));
      if (!isOld) begin();
      const missed = sayInside(simulator, thread, 250);
      const slow = simulator.faults.add({
        kind: 'rest_delay',
        ms: 1_000,
        path: `/channels/${thread}/messages`,
        times: 0,
      });
      const second = startIngester(simulator);
      await second.connected();
      const [live = ''] = sayInside(simulator, thread, 1);
      await eventually(() => {
        const stored = second.committed.filter(({ channelId: place }) => place === thread);
        expect(stored.map(originOf)).toEqual(expect.arrayContaining(['live', 'backfill']));
      });
      await second.ingester.stop();
      const open = (await log().openCatchUps()).find(({ id }) => id === thread);
      expect(open).toMatchObject({ phase: 'missed' });
      simulator.faults.add({ kind: 'expire_session' });
      simulator.faults.clear(slow.id);
      simulator.deleteMessage(missed[5] ?? '');
      simulator.deleteMessage(live);
      simulator.act({ op: 'archive_thread', thread });

      await startIngester(simulator).connected();
      await gapsClosed(simulator, 1);
      await expectTruth(simulator);
    },
    60_000,
  );

  it('and was complete before is compared again', async () => {
    const simulator = await startSimulator();
    let thread = '';
    let inside: readonly string[] = [];
    await listenAndLose(simulator, () => {
      thread = openThread(simulator);
      inside = sayInside(simulator, thread, 3);
      say(simulator, 3, 'random');
    });
    const random = channelId(simulator, 'random');
    const slow = simulator.faults.add({
      kind: 'rest_delay',
      ms: 30_000,
      path: `/channels/${random}/messages`,
      times: 0,
    });
    const second = startIngester(simulator);
    await second.connected();
    await eventually(async () =>
      expect((await log().openCatchUps()).find(({ id }) => id === thread)).toMatchObject({ phase: 'done' }),
    );
    await second.ingester.stop();
    simulator.faults.add({ kind: 'expire_session' });
    simulator.faults.clear(slow.id);
    simulator.deleteMessage(inside[0] ?? '');
    simulator.editMessage(inside[1] ?? '', 'edited meanwhile');
    simulator.act({ op: 'archive_thread', thread });

    await startIngester(simulator).connected();
    await gapsClosed(simulator, 1);
    await expectTruth(simulator);
    expect((await gapEvents(simulator)).map(({ type }) => type)).toEqual(['GAP_OPEN', 'GAP_CLOSE']);
  }, 60_000);
});

describe('a thread that was deleted while nobody listened is missed, with all that was in it', () => {
  const threadDeletes = async (simulator: DiscordSimulator) =>
    (await eventsOf(log(), simulator)).filter(({ type }) => type === 'THREAD_DELETE').map(({ channelId }) => channelId);

  it('when it was archived before, just now or long ago; one that stays is compared', async () => {
    let nowMs = Date.now() - 3_600_000;
    const simulator = await startSimulator({ now: () => ++nowMs });
    let [gone, stays, archivedMeanwhile] = ['', '', ''];
    let inside: readonly string[] = [];
    await listenAndLose(simulator, () => {
      [gone, stays, archivedMeanwhile] = [openThread(simulator), openThread(simulator), openThread(simulator)];
      for (const thread of [gone, archivedMeanwhile]) sayInside(simulator, thread, 3);
      inside = sayInside(simulator, stays, 3);
      for (const thread of [gone, stays]) simulator.act({ op: 'archive_thread', thread });
      nowMs = Date.now();
    });
    simulator.act({ op: 'archive_thread', thread: archivedMeanwhile });
    for (const thread of [gone, archivedMeanwhile]) simulator.act({ op: 'delete_thread', thread });
    // Whoever is banned may lose what was said in archived threads, too.
    simulator.deleteMessage(inside[1] ?? '');

    await startIngester(simulator).connected();
    await gapsClosed(simulator, 1);
    await expectTruth(simulator);
    expect((await threadDeletes(simulator)).sort()).toEqual([gone, archivedMeanwhile].sort());
    expect((await gapEvents(simulator)).at(-1)).toMatchObject({ unrecoverable: [] });
  }, 60_000);

  it('and is asked for by the next ingester when this one dies before it is answered', async () => {
    const simulator = await startSimulator();
    let thread = '';
    await listenAndLose(simulator, () => {
      thread = openThread(simulator);
      sayInside(simulator, thread, 3);
    });
    simulator.act({ op: 'delete_thread', thread });
    const slow = simulator.faults.add({ kind: 'rest_delay', ms: 30_000, path: `/channels/${thread}`, times: 0 });
    const second = startIngester(simulator);
    await second.connected();
    const open = async () => (await log().openCatchUps()).find(({ id }) => id === thread);
    await eventually(async () => expect(await open()).toMatchObject({ phase: 'presence' }));
    await second.ingester.stop();
    simulator.faults.clear(slow.id);

    await startIngester(simulator).connected();
    await gapsClosed(simulator, 1);
    await expectTruth(simulator);
    expect(await threadDeletes(simulator)).toEqual([thread]);
    expect(simulator.sessions()).toMatchObject({ identifies: 2, resumes: 2 });
  }, 60_000);
});

// Neither the description of the guild nor the lists of archived threads name it then.
describe('a thread that was archived meanwhile and is reopened before it is looked for', () => {
  it.each([
    ['is fetched from where it had come', 'active'],
    ['is fetched from where it had come when it was archived before, too', 'archived'],
    ['is fetched from its beginning when it was new', 'unknown'],
  ])(
    '%s',
    async (_what, before) => {
      const simulator = await startSimulator();
      let thread = '';
      const begin = (): void => {
        thread = openThread(simulator);
        sayInside(simulator, thread, 3);
      };
      await listenAndLose(simulator, () => {
        say(simulator, 1);
        if (before !== 'unknown') begin();
        if (before === 'archived') simulator.act({ op: 'archive_thread', thread });
      });
      if (before === 'unknown') begin();
      if (before === 'archived') simulator.act({ op: 'unarchive_thread', thread });
      sayInside(simulator, thread, 3);
      simulator.act({ op: 'archive_thread', thread });
      simulator.faults.add({ kind: 'rest_delay', ms: 1_000, path: '/threads/archived', times: 0 });
      await startIngester(simulator).connected();
      simulator.act({ op: 'unarchive_thread', thread });
      sayInside(simulator, thread, 1);

      await gapsClosed(simulator, 1);
      await expectTruth(simulator);
    },
    60_000,
  );
});
