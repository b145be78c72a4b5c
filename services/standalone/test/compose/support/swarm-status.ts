import { z } from 'zod';

/** What the swarm says about itself once a second, one JSON line each. */
export const swarmStatusSchema = z.object({
  clients: z.number(),
  connected: z.number(),
  minSeq: z.number(),
  maxSeq: z.number(),
  /** CRC-32 of everything received, one for each client that differs; a single one = all received the same. */
  digests: z.array(z.number()),
  connections: z.number(),
  losses: z.number(),
  longestGapMs: z.number(),
  violations: z.array(z.string()),
  failures: z.record(z.string(), z.number()),
});
export type SwarmStatus = z.infer<typeof swarmStatusSchema>;
