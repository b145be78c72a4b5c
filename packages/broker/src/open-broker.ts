import type { Broker } from './broker.ts';
import { parseBrokerUrl } from './broker-url.ts';
import { createMemoryBroker } from './memory-broker.ts';
import { createRedisBroker } from './redis-broker.ts';

export interface BrokerOptions {
  /** The Redis channel, default `dms:events`. Deployments and tests that share a server take different ones. */
  readonly channel?: string;
}

export const DEFAULT_CHANNEL = 'dms:events';

/** `memory:` serves one process, whose publisher and subscriber share the returned broker; every other URL of `parseBrokerUrl`
 *  connects in the background, so an unreachable server is a matter of `status()`.
 *  @throws TypeError for a URL that is none of them, without repeating it. */
export function openBroker(url: string, options: BrokerOptions = {}): Broker {
  const address = parseBrokerUrl(url);
  if (address.kind === 'memory') return createMemoryBroker();
  return createRedisBroker(address, options.channel ?? DEFAULT_CHANNEL);
}
