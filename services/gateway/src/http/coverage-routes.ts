import type { ChannelCoverage, OpenGap } from '@dms/event-log';
import { snowflakeTimeMs } from '@dms/protocol';
import type { Router } from 'express';
import type { Access } from '../access/access.ts';
import { addJsonRoute } from './json-route.ts';
import { readLog } from './read-log.ts';
import { requireNoParameters, requireScope } from './request-guards.ts';
import type { LogView } from './views.ts';
import { isVisible, threadParent } from './visibility.ts';

/** Holds no messages. */
const CATEGORY_TYPE = 4;

const rfc3339 = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const stateOf = ({ catchUp }: ChannelCoverage): 'complete' | 'catching_up' | 'unrecoverable' => {
  if (catchUp === null || catchUp.phase === 'done') return 'complete';
  return catchUp.phase === 'unrecoverable' ? 'unrecoverable' : 'catching_up';
};

/** What was there before the channel was first seen, and how much of it is imported; null when nothing was asked for. */
function backfillObject({ backfill }: ChannelCoverage): object | null {
  if (backfill === null) return null;
  const { cursorId, isWhole, isDone, refused } = backfill;
  return {
    state: isDone ? 'complete' : refused === null ? 'importing' : 'refused',
    cursor: cursorId,
    // Ids carry the time they were made.
    reached: cursorId === null ? null : rfc3339(snowflakeTimeMs(cursorId)),
    from_beginning: isWhole,
    status: refused,
  };
}

function channelObject(channel: ChannelCoverage): object {
  const state = stateOf(channel);
  const progress = state === 'catching_up' ? channel.catchUp : null;
  return {
    ...{ channel_id: channel.channelId, guild_id: channel.guildId, parent_id: threadParent(channel) },
    ...{ oldest_message_id: channel.oldestMessageId, newest_message_id: channel.newestMessageId },
    ...{ state, phase: progress?.phase ?? null, cursor: progress?.cursorId ?? null },
    backfill: backfillObject(channel),
  };
}

const gapObject = ({ id, guildId, reason, sinceMs }: OpenGap): object => ({
  ...{ gap_id: id, guild_id: guildId, reason, since: rfc3339(sinceMs) },
  // A gap's id is the microsecond at which it was noticed.
  opened_at: rfc3339(Number(id) / 1_000),
});

/** `/coverage`: what is stored of each channel and thread, and what may be missing, narrowed to what the key may see. */
export function addCoverageRoutes(router: Router, log: Pick<LogView, 'coverage' | 'openGaps'>, access: Access): void {
  addJsonRoute(router, '/coverage', async (req) => {
    const key = requireScope(access, req, 'read');
    requireNoParameters(req);
    const [coverage, gaps] = await readLog(Promise.all([log.coverage(), log.openGaps()]));
    const channels = coverage.filter(
      (channel) => channel.type !== CATEGORY_TYPE && isVisible(key, channel.channelId, threadParent(channel)),
    );
    const guildIds = new Set(channels.map(({ guildId }) => guildId));
    const isGapVisible = ({ guildId }: OpenGap): boolean => key.channels === null || guildIds.has(guildId);
    return JSON.stringify({ channels: channels.map(channelObject), gaps: gaps.filter(isGapVisible).map(gapObject) });
  });
}
