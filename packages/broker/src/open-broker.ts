import type { Broker } from './broker.ts';
import { createMemoryBroker } from './memory-broker.ts';
import { createRedisBroker } from './redis-broker.ts';

export interface BrokerOptions {
  /** The Redis channel, default `dms:events`. Deployments and tests that share a server take different ones. */
  readonly channel?: string;
}

export const DEFAULT_CHANNEL = 'dms:events';

/** `memory:` serves one process, whose publisher and subscriber share the returned broker; `redis://…` and `rediss://…` connect in
 *  the background, so an unreachable server is a matter of `status()`.
 *  @throws TypeError for any other URL, without repeating it. */
export function openBroker(url: string, options: BrokerOptions = {}): Broker {
  if (url === 'memory:') return createMemoryBroker();
  return createRedisBroker(url, options.channel ?? DEFAULT_CHANNEL);
}
