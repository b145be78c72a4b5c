import type { SharedCounts } from '@dms/broker';
import { z } from 'zod';
import type { ConnectionsView } from './http/views.ts';

const statsSchema = z.object({
  total: z.number(),
  by_door: z.record(z.string(), z.number()),
  addresses: z.number(),
  is_draining: z.boolean(),
  messages_per_second: z.number(),
  position: z.string(),
});

export type ReplicaNumbers = z.infer<typeof statsSchema>;
export type ReplicaStats = ReplicaNumbers & { readonly id: string };

/** What `/stats` shows of every living replica. */
export interface ReplicaStatsView {
  /** False while this replica knows of no other, because Redis is away or there is none. */
  readonly isShared: boolean;
  /** This replica first. Never rejects. */
  read(): Promise<readonly ReplicaStats[]>;
}

export interface ReplicaStatsReporter extends ReplicaStatsView {
  /** Tells the others; call it once a second. */
  report(): void;
}

export function createReplicaStats(
  counts: Pick<SharedCounts, 'replicaId' | 'isShared' | 'report' | 'readReports'>,
  connections: ConnectionsView,
  position: () => string,
): ReplicaStatsReporter {
  const own = (): ReplicaNumbers => ({
    total: connections.total,
    by_door: { ...connections.byDoor },
    addresses: connections.addresses,
    is_draining: connections.isDraining,
    messages_per_second: connections.stats().messagesPerSecond,
    position: position(),
  });
  return {
    get isShared() {
      return counts.isShared;
    },
    report() {
      counts.report(JSON.stringify(own()));
    },
    async read() {
      const others = await counts.readReports();
      return [{ id: counts.replicaId, ...own() }, ...others.flatMap(({ replicaId, text }) => parse(replicaId, text))];
    },
  };
}

/** Nothing for a replica of a version that says something else. */
function parse(id: string, text: string): readonly ReplicaStats[] {
  try {
    const parsed = statsSchema.safeParse(JSON.parse(text));
    return parsed.success ? [{ id, ...parsed.data }] : [];
  } catch {
    return [];
  }
}
