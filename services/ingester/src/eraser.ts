import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@dms/event-log';
import type { Logger } from '@dms/runtime';
import type { Feed, Work } from './while-leading.ts';

const INTERVAL_MS = 500;
const CONFIRM_INTERVAL_MS = 50;
const OWN_PAGE = 500;
/** Messages looked through by one statement; each is searched as text. */
const NAMING_PAGE = 1_000;

export interface EraserDeps {
  readonly log: Pick<EventLog, 'pendingErasure' | 'authoredMessages' | 'namingMessages' | 'erasure' | 'stamp'>;
  readonly logger: Logger;
}

type Pending = NonNullable<Awaited<ReturnType<EraserDeps['log']['pendingErasure']>>>;

/** Does the erasures that were asked for, the oldest first: deletes the author's messages, then takes the author out of those
 *  of others. Nothing of the author can be stored meanwhile, so looking through everything once is enough; how far it has come
 *  is stored behind what it did, so that the next process goes on there. */
export function createEraser({ log, logger }: EraserDeps): Work {
  const deleteOwn = async ({ id: erasureId }: Pending, feed: Feed): Promise<void> => {
    for (let afterId = '0'; ; ) {
      const page = await log.authoredMessages(erasureId, afterId, OWN_PAGE);
      for (const place of page) {
        const why = { bulkId: null, reason: 'erasure', erasureId, origin: 'reconcile' } as const;
        await feed({ kind: 'delete', ...place, ...why, observedAt: log.stamp() });
      }
      afterId = page.at(-1)?.id ?? afterId;
      if (page.length < OWN_PAGE) break;
    }
    await feed({ kind: 'erasure', id: erasureId, cursorId: '0', isDone: false });
  };

  const leaveOthers = async ({ id: erasureId, userId, cursorId }: Pending, feed: Feed): Promise<void> => {
    for (let afterId = cursorId ?? '0'; ; ) {
      const { examinedId, messages } = await log.namingMessages(erasureId, afterId, NAMING_PAGE);
      for (const { id, guildId, channelId, isLogged } of messages) {
        const what = { id, guildId, channelId, isLogged, userId, erasureId, origin: 'reconcile' } as const;
        await feed({ kind: 'redact', ...what, observedAt: log.stamp() });
      }
      afterId = examinedId ?? afterId;
      const isDone = examinedId === null;
      await feed({ kind: 'erasure', id: erasureId, cursorId: afterId, isDone });
      if (isDone) return;
    }
  };

  return {
    name: 'go on with an erasure',
    intervalMs: INTERVAL_MS,
    async round(feed, signal) {
      for (;;) {
        const pending = await log.pendingErasure();
        if (pending === null) return;
        if (pending.cursorId === null) await deleteOwn(pending, feed);
        await leaveOthers(pending, feed);
        // It is done when that is stored, which the leadership may not live to see.
        for (;;) {
          const erasure = await log.erasure(pending.id);
          if (erasure === null || erasure.doneAtMs !== null) break;
          await sleep(CONFIRM_INTERVAL_MS, undefined, { signal });
        }
        logger.info('an author was erased', { erasureId: pending.id });
      }
    },
  };
}
