import type { Change, DeletedChannel, DirectoryChannel } from '@dms/event-log';
import { checkLeaks, eventually } from '@dms/test-kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createSweeper } from '../src/sweeper.ts';
import { recordingLogger } from './support/recording-logger.ts';

const GUILD = '1';
const channelOf = (id: string, guildId: string): DirectoryChannel => ({
  ...{ id, guildId, parentId: null, type: 0, name: id, payload: '{}' },
});

const stopping: AbortController[] = [];
const runs: Promise<void>[] = [];
const stop = async (): Promise<void> => {
  for (const controller of stopping.splice(0)) controller.abort();
  await Promise.all(runs.splice(0));
};
afterEach(stop);
checkLeaks();

/** A store with what was deleted, guilds that were left, and a queue that takes everything. */
function setUp({ deleted = [], left = [] }: { deleted?: readonly string[]; left?: readonly DirectoryChannel[] }) {
  const fed: string[] = [];
  const world = {
    fed,
    hasRoom: true,
    roomAsked: 0,
    sweeps: 0,
    onFed: (_change: string): void => {},
    mayPurge: (_guildId: string): boolean => true,
    leadership: new AbortController(),
    logger: recordingLogger(),
  };
  const stopped = new AbortController();
  stopping.push(stopped);
  const sweeper = createSweeper({
    log: {
      stamp: () => 1,
      async leftGuilds() {
        world.sweeps += 1;
        return [...new Set(left.map(({ guildId }) => guildId))];
      },
      orphanChannels: async (guildIds) => left.filter(({ guildId }) => guildIds.includes(guildId)),
      deletedChannels: async () => deleted.map((id): DeletedChannel => ({ id, guildId: GUILD, parentId: null })),
      storedMessageIds: async ({ channelId }) => [`${channelId}1`, `${channelId}2`],
    },
    feed(change: Change) {
      fed.push(`${change.kind} ${change.id}`);
      world.onFed(`${change.kind} ${change.id}`);
      return true;
    },
    hasRoom() {
      world.roomAsked += 1;
      return world.hasRoom;
    },
    mayPurgeGuild: (guildId) => world.mayPurge(guildId),
    leadership: () => (world.leadership.signal.aborted ? null : world.leadership.signal),
    logger: world.logger,
  });
  const run = (): void => void runs.push(sweeper.run(stopped.signal));
  return { world, sweeper, run };
}

describe('the sweeper', () => {
  it('leaves a guild alone that the bot may be in again, and takes it when Discord says otherwise', async () => {
    const { world, sweeper, run } = setUp({ left: [channelOf('10', '1'), channelOf('20', '2')], deleted: ['30'] });
    world.mayPurge = (guildId) => guildId === '2';
    run();
    const ofDeleted = ['delete 301', 'delete 302', 'emptied 30'];
    await eventually(() => expect(world.fed).toEqual(['channel 20', ...ofDeleted]));
    world.mayPurge = () => true;
    sweeper.wake();
    await eventually(() => expect(world.fed.slice(4)).toEqual(['channel 10', 'channel 20', ...ofDeleted]));
  });

  it('stops purging a guild that the bot is added to meanwhile', async () => {
    const { world, run } = setUp({ left: [channelOf('10', '1'), channelOf('20', '2')], deleted: ['30'] });
    world.hasRoom = false;
    run();
    await eventually(() => expect(world.roomAsked).toBeGreaterThan(0));
    world.mayPurge = (guildId) => guildId !== '1';
    world.hasRoom = true;
    await eventually(() => expect(world.fed.at(-1)).toBe('emptied 30'));
    expect(world.fed).not.toContain('channel 10');
    expect(world.fed).toContain('channel 20');
  });

  it('feeds nothing more once its leadership ended, and begins anew with the next one', async () => {
    const { world, run } = setUp({ deleted: ['30'] });
    world.hasRoom = false;
    run();
    await eventually(() => expect(world.roomAsked).toBeGreaterThan(0));
    // The same tick: stepping down and leading again leaves the old sweep no chance to see that nobody leads.
    world.leadership.abort();
    world.leadership = new AbortController();
    world.hasRoom = true;
    await eventually(() => expect(world.sweeps).toBe(2));
    await eventually(() => expect(world.fed).toEqual(['delete 301', 'delete 302', 'emptied 30']));
    expect(world.logger.lines).not.toContain('sweep failed, trying again later');
  });

  it('ends a sweep between a delete and `emptied`', async () => {
    const { world, run } = setUp({ deleted: ['30'] });
    // What was fed so far is dropped with the queue.
    world.onFed = (change) => {
      if (change === 'delete 302') world.leadership.abort();
    };
    run();
    await eventually(() => expect(world.fed).toEqual(['delete 301', 'delete 302']));
    await stop();
    expect(world.fed).toEqual(['delete 301', 'delete 302']);
  });
});
