import { expect, it } from '@jest/globals';
import type { ThreadPage } from '../src/discord-rest.ts';
import { findArchivedThreads } from '../src/find-threads.ts';
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
    { channelId: '1', type: 0, sinceMs: SINCE_MS },
    { history, logger: recordingLogger() },
    signal,
  );
  expect(found.map(({ id }) => id)).toEqual(['30', '10']);
  expect(asked).toEqual(['public null', 'private null', 'joined null', 'joined 20']);
});
