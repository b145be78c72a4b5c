import type { Redis } from 'ioredis';
import type { HostPort, RedisAccess } from './broker-url.ts';

/** Which server one connection goes to. It remembers where it sent the connection. */
export interface RedisRoute {
  readonly access: RedisAccess;
  /** Passwords. No message may show them. */
  readonly secrets: readonly string[];
  /** Where to connect now. Rejects with a reason, in bounded time. */
  locate(): Promise<HostPort>;
  /** Why the connected server is the wrong one to talk to, or null. Also null when nobody answers that: a user without the right
   *  to ask may still publish, and silence is noticed elsewhere. Bounded in time, never rejects. */
  objection(redis: Redis): Promise<string | null>;
}

/** The routes of one broker, and what they share. */
export interface RedisRoutes {
  /** For pub/sub, which any node of a cluster serves. */
  create(): RedisRoute;
  /** For keys that all carry this hash tag, which one node of a cluster holds. */
  createForKeys(hashTag: string): RedisRoute;
  /** Leaves no socket and no timer behind. */
  close(): Promise<void>;
}
