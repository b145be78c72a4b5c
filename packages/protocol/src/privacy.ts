import { z } from 'zod';

/** Why the mirror deleted a message that Discord may still have: its author asked for it, or it is older than
 *  `MESSAGE_RETENTION_DAYS`. A delete without a reason happened on Discord. */
export const DELETE_REASONS = ['erasure', 'retention'] as const;
export type DeleteReason = (typeof DELETE_REASONS)[number];

/** Stands before the origin at the end of an update that took somebody out of the message: its earlier events are blank. */
export const REDACTED_MARK = ',"redacted":true';

/** The removal of an author, as the admin routes answer it. Times are RFC 3339 UTC with milliseconds. */
export const erasureSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  state: z.enum(['pending', 'done']),
  requested_at: z.string(),
  done_at: z.string().nullable(),
  /** Messages of the author that were deleted so far. */
  messages: z.number(),
  /** Messages of others from which the author was removed so far. */
  redactions: z.number(),
  /** Changes that the database had refused and that named the author. */
  dead_letters: z.number(),
  /** What is promised, for people. */
  detail: z.string(),
});
export type Erasure = Readonly<z.infer<typeof erasureSchema>>;

/** An author of whom nothing is stored. */
export const optOutSchema = z.object({
  user_id: z.string(),
  opted_out_at: z.string(),
  /** The removal of what was stored before. */
  erasure: erasureSchema,
  /** What is promised, for people. */
  detail: z.string(),
});
export type OptOut = Readonly<z.infer<typeof optOutSchema>>;

/** A page of `GET /admin/opt-outs`, by user id; the next one begins with `after=<the last id>`. */
export const optOutPageSchema = z.object({ opt_outs: z.array(optOutSchema), has_more: z.boolean() });
export type OptOutPage = Readonly<z.infer<typeof optOutPageSchema>>;
