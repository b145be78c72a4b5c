import { EVENT_TYPES, filterSchema, ORIGINS } from '@dms/protocol';
import { z } from 'zod';

// The frames of `/ws` and of NDJSON. Objects are open: fields may be added, and clients ignore what they do not know.

const position = z.string().regex(/^\d+:\d+$/);

export const serverFrames = {
  Hello: z
    .looseObject({
      op: z.literal(10),
      d: z.looseObject({
        v: z.literal(1),
        connection_id: z.string(),
        position: position.describe('Where the stream begins'),
        oldest: position.describe('The earliest position that can still be resumed'),
        resumed: z.boolean(),
        reason: z.enum(['too_old', 'diverged']).nullable(),
        heartbeat_interval: z.int().describe('How often the server pings, milliseconds'),
        limits: z.record(z.string(), z.int()),
      }),
    })
    .describe('First, once'),
  Dispatch: z
    .looseObject({
      op: z.literal(0),
      t: z.string().describe(`Event type: ${EVENT_TYPES.join(', ')}; unknown ones are ignored`),
      s: z.int().describe('seq; skips what the filter left out'),
      p: position.describe('The position after this event'),
      d: z.looseObject({ origin: z.enum(ORIGINS) }),
    })
    .describe('One for each event'),
  Position: z
    .looseObject({ op: z.literal(100), p: position, head: z.int() })
    .describe('At least every 15 s: the position after everything sent so far'),
  HeartbeatAck: z.looseObject({ op: z.literal(11), p: position }).describe('Answers Heartbeat'),
  Subscribed: z
    .looseObject({ op: z.literal(102), d: z.looseObject({ filter: filterSchema, effective_after: position }) })
    .describe('Answers Subscribe'),
  Reconnect: z
    .looseObject({ op: z.literal(7), d: z.looseObject({ after_ms: z.int(), reason: z.string() }) })
    .describe('Open the new socket first, then drop this one'),
  Error: z
    .looseObject({
      op: z.literal(103),
      d: z.looseObject({ code: z.string(), message: z.string(), retry_after_ms: z.int() }),
    })
    .describe('Before a close by the server'),
} as const;

export const clientFrames = {
  Heartbeat: z.looseObject({ op: z.literal(1) }).describe('Optional; answered with the position'),
  Subscribe: z
    .looseObject({ op: z.literal(101), d: filterSchema.optional() })
    .describe('Optional; replaces the filter in place'),
} as const;
