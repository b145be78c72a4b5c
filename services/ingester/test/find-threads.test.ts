import { expect, it } from '@jest/globals';
import type { ThreadPage } from '../src/discord-rest.ts';
import { findArchivedThreads } from '../src/find-threads.ts';
import type { KnownChannel } from '../src/known-channels.ts';
import { recordingLogger } from './support/recording-logger.ts';

const SINCE_MS = Date.parse('2026-11-20T12:00:00.000Z');
const { signal } = new AbortController();
const thread = (id: string, archivedAt: string) => ({
  id,
  thread_metadata: { archived: true, archive_timestamp: archivedAt },
});

// They are in the order of their ids: whoever takes them for ordered by time misses those behind an old one, and asks for the
// next page with a time where Discord wants an id.
it('private threads that the bot has joined are listed by id, to the end', async () => {
  const asked: string[] = [];
  const pages: readonly ThreadPage[] = [
    {
      kind: 'page',
      threads: [thread('30', '2026-11-21T00:00:00Z'), thread('20', '2026-01-01T00:00:00Z')],
      hasMore: true,
    },
    { kind: 'page', threads: [thread('10', '2026-11-22T00:00:00Z')], hasMore: false },
  ];
  let joined = 0;
  const history = {
    async archivedThreads(_channelId: string, kind: string, before: string | null): Promise<ThreadPage> {
      asked.push(`${kind} ${before}`);
      if (kind === 'private') return { kind: 'refused', status: 403 };
      if (kind === 'public') return { kind: 'page', threads: [], hasMore: false };
      joined += 1;
      return pages[joined - 1] ?? { kind: 'refused', status: 500 };
    },
  };
  const found = await findArchivedThreads(
    { channelId: '1', type: 0, sinceMs: SINCE_MS, known: [] },
    { history, stamp: () => 1, logger: recordingLogger() },
    signal,
  );
  expect(found.recent.map(({ thread: { id } }) => id)).toEqual(['30', '10']);
  expect(asked).toEqual(['public null', 'private null', 'joined null', 'joined 20']);
});

// Discord says of an archived thread that it was deleted only to those who listen.
it('a list is read on down to the oldest stored thread that was not come across, and no further', async () => {
  const asked: string[] = [];
  const archivedAt = (n: number): string => new Date(SINCE_MS - n * 3_600_000).toISOString();
  const known = (id: string, hours: number | null, type = 11): KnownChannel => ({
    ...{ id, guildId: '9', parentId: '1', type },
    archivedAtMs: hours === null ? null : SINCE_MS - hours * 3_600_000,
  });
  const history = {
    async archivedThreads(_channelId: string, kind: string, before: string | null): Promise<ThreadPage> {
      asked.push(`${kind} ${before}`);
      if (kind !== 'public') return { kind: 'refused', status: 403 };
      const hours = before === null ? 1 : (SINCE_MS - Date.parse(before)) / 3_600_000 + 1;
      return { kind: 'page', threads: [thread(`1${hours}`, archivedAt(hours))], hasMore: true };
    },
  };
  const stored = [known('11', 1), known('12', 2), known('99', 3), known('98', null), known('97', 2, 12)];
  const { recent, unlisted } = await findArchivedThreads(
    { channelId: '1', type: 0, sinceMs: SINCE_MS, known: stored },
    { history, stamp: () => 1, logger: recordingLogger() },
    signal,
  );
  expect(recent).toEqual([]);
  // Not 98, which was not archived; 97 is a private one, whose lists are refused.
  expect(unlisted.map(({ id }) => id)).toEqual(['99', '97']);
  expect(asked).toEqual([
    ...['public null', `public ${archivedAt(1)}`, `public ${archivedAt(2)}`, `public ${archivedAt(3)}`],
    ...['private null', 'joined null'],
  ]);
});
