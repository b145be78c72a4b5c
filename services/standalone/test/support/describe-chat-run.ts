import { type DispatchFrame, eventually, followStream, type StreamFollower } from '@dms/test-kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { busiestUser, loadChat } from './chat.ts';
import { CANARY, writeChangingChatScript } from './chat-script.ts';
import type { Deployment, Door } from './deployment.ts';
import { fetchPage, headSeqOf, toFinal, walkHistory } from './history.ts';
import { endPrograms } from './programs.ts';
import { report, seconds, timed } from './report.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { brokenLog, firstDifference, fold, isAsDispatched, isSameJson, replay, seen } from './stream-view.ts';
import { authorIdOf, deletedIds, type ExpectedEvent, expectedEvents, finalMessages, type Truth } from './truth.ts';

const RUN_TIMEOUT_MS = 240_000;

/** Plays the whole chat, with edits and deletes among it, through a deployment, and holds every door against the simulator's
 *  own books: live streams with three filters, history in both directions, the replayed log. */
export function describeChatRun(deploy: (discordApiUrl: string) => Promise<Deployment>): void {
  const chat = loadChat();
  const busiest = busiestUser(chat);
  const followers: StreamFollower[] = [];
  let simulator: Simulator;
  let doors: readonly [Door, ...Door[]];
  let truth: Truth;
  let expected: readonly ExpectedEvent[];
  let deleted: ReadonlySet<string>;
  let busiestId: string;
  let channelId: string;
  let everything: StreamFollower;
  let byAuthor: StreamFollower;
  let createsOfChannel: StreamFollower;
  let log: readonly DispatchFrame[];

  /** Clients are spread over the gateways. */
  const doorOf = (index: number): Door => doors[index % doors.length] ?? doors[0];
  const follow = (index: number, filter: Readonly<Record<string, string>> = {}): StreamFollower => {
    const follower = followStream([doorOf(index).ws], { since: 'all', filter });
    followers.push(follower);
    return follower;
  };

  const play = async (): Promise<void> => {
    everything = follow(0);
    // Ids exist once there are messages; whoever joins late gets the beginning all the same.
    await everything.waitFor((events) => events.some((event) => authorNameOf(event) === busiest), 60_000);
    const early = await simulator.truth();
    busiestId = authorIdOf(early, busiest);
    channelId = early.messages[0]?.channel_id ?? '';
    byAuthor = follow(1, { author_id: busiestId });
    createsOfChannel = follow(2, { types: 'MESSAGE_CREATE', channel_id: channelId });
    await simulator.untilPlayed();
    truth = await simulator.truth();
    expected = expectedEvents(truth);
    deleted = deletedIds(truth);
    await everything.waitForEvents(expected.length, 120_000);
  };

  beforeAll(async () => {
    simulator = await startSimulator({ script: await writeChangingChatScript(chat), rate: 0 });
    doors = (await deploy(simulator.apiUrl)).doors;
    const { ms } = await timed(play);
    report(`${chat.title}: ${expected.length} events played and delivered in ${seconds(ms)}`);
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all(followers.map((follower) => follower.stop()));
    await endPrograms();
  });

  /** All that `follower` received, held against the dispatches that its filter lets through. */
  const expectStream = async (follower: StreamFollower, passes: (event: ExpectedEvent) => boolean): Promise<void> => {
    const wanted = expected.filter(passes);
    await follower.waitForEvents(wanted.length, 30_000);
    const actual = follower.events.map(seen);
    expect(firstDifference(actual, wanted, (a, e) => isAsDispatched(a, e, deleted))).toBeNull();
    expect(follower).toMatchObject({ violations: [], resets: [], connectionCount: 1 });
  };

  it('I5: a client without a filter receives every dispatch once, in Discord’s order, word for word', async () => {
    await expectStream(everything, () => true);
  });

  it('I5: a client that follows one busy author receives exactly that author’s messages, and every delete', async () => {
    const authors = new Map(truth.messages.map(({ id, author }) => [id, author.id]));
    await expectStream(byAuthor, ({ id, type }) => type === 'MESSAGE_DELETE' || authors.get(id) === busiestId);
  });

  it('I5: a client that wants the creates of one channel receives exactly those', async () => {
    await expectStream(createsOfChannel, (event) => event.type === 'MESSAGE_CREATE' && event.channelId === channelId);
  });

  it('I1: the log is 1 to head without a hole, and replaying it from the start gives the same events', async () => {
    const { position } = await fetchPage(doorOf(1).http, { limit: '1' });
    expect(headSeqOf(position)).toBe(expected.length);
    log = await replay(doorOf(1).ws, expected.length);
    expect(brokenLog(log)).toBeNull();
    expect(firstDifference(log.map(seen), expected, (a, e) => isAsDispatched(a, e, deleted))).toBeNull();
  });

  it.each(['before', 'after'] as const)(
    'history walked with %s= shows every message that is left, once, in its final state',
    async (direction) => {
      const door = doorOf(direction === 'before' ? 0 : 2);
      const { value: walked, ms } = await timed(() => walkHistory(door.http, direction));
      report(`${walked.length} messages walked with ${direction}= in ${seconds(ms)}`);
      expect(firstDifference(walked.map(toFinal), finalMessages(truth), isSameJson)).toBeNull();
    },
  );

  it('history narrowed to an author and a channel is exactly the matching part', async () => {
    const wanted = finalMessages(truth).filter(
      (message) => message.authorId === busiestId && message.channelId === channelId,
    );
    const filter = { author_id: busiestId, channel_id: channelId };
    const walked = await walkHistory(doorOf(0).http, 'before', { filter });
    expect(firstDifference(walked.map(toFinal), wanted, isSameJson)).toBeNull();
  });

  it('I8: applying the replayed stream gives the same messages as the history', () => {
    const folded = [...fold(log)].sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
    const wanted = finalMessages(truth).map(({ id, content }) => [id, content]);
    expect(firstDifference(folded, wanted, isSameJson)).toBeNull();
  });

  it('what was deleted is gone everywhere: history, tombstones, single messages, the replayed log', async () => {
    expect(deleted.size).toBeGreaterThan(100);
    const walked = await walkHistory(doorOf(0).http, 'before', { filter: { include_deleted: 'true' } });
    expect(walked).toHaveLength(truth.messages.length);
    const tombstones = walked.filter((message) => message.deleted_at !== null);
    expect(new Set(tombstones.map(({ id }) => id))).toEqual(deleted);
    expect(walked.filter(({ content }) => content?.includes(CANARY))).toEqual([]);
    expect(tombstones.filter(({ content }) => content !== undefined)).toEqual([]);
    expect(log.filter(({ text }) => text.includes(CANARY))).toEqual([]);
    expect(log.map(seen).filter(({ id, content }) => deleted.has(id) && content !== null)).toEqual([]);
    const [one = ''] = deleted;
    expect((await fetch(`${doorOf(0).http}/messages/${one}`)).status).toBe(410);
  });

  it('says that all is well, and where it stands, when everything was delivered', async () => {
    await eventually(async () => {
      for (const door of doors) {
        const health: unknown = await (await fetch(`${door.http}/health`)).json();
        expect(health).toMatchObject({ status: 'ok' });
      }
    });
  });
}

function authorNameOf({ d }: DispatchFrame): string | null {
  const author: unknown = d.author;
  return typeof author === 'object' && author !== null && 'global_name' in author ? String(author.global_name) : null;
}
