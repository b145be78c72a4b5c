import type { Broker } from '@dms/broker';
import type { LogEvent } from '@dms/protocol';
import type { HopTimes } from './hop-times.ts';
import { reached } from './steps.ts';
import type { WriterLoopCounters } from './writer-loop-counters.ts';

/** Publishes are hints: rather skip one than let a dead broker collect them. */
const MAX_PENDING_PUBLISHES = 64;

export interface PublishHintsDeps {
  readonly broker: Pick<Broker, 'publish'>;
  readonly counters: Pick<WriterLoopCounters, 'publishFailures'>;
  readonly hops: Pick<HopTimes, 'published'> | undefined;
}

/** Tells the gateways what was committed just now. Nobody waits for it; a failure is counted and not repeated. */
export function createPublishHints({
  broker,
  counters,
  hops,
}: PublishHintsDeps): (events: readonly LogEvent[]) => void {
  let pending = 0;
  return (events) => {
    if (events.length === 0) return;
    if (pending >= MAX_PENDING_PUBLISHES) {
      counters.publishFailures += 1;
      return;
    }
    pending += 1;
    reached('batch-publishing');
    const committedAtMs = performance.now();
    const taken = (): void => hops?.published(performance.now() - committedAtMs);
    const failed = (): void => {
      counters.publishFailures += 1;
    };
    void broker
      .publish(events)
      .then(taken, failed)
      .finally(() => {
        pending -= 1;
        reached('batch-published');
      });
  };
}
