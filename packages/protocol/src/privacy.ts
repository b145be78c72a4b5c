/** Why the mirror deleted a message that Discord may still have: its author asked for it, or it is older than
 *  `MESSAGE_RETENTION_DAYS`. A delete without a reason happened on Discord. */
export const DELETE_REASONS = ['erasure', 'retention'] as const;
export type DeleteReason = (typeof DELETE_REASONS)[number];

/** Stands before the origin at the end of an update that took somebody out of the message: its earlier events are blank. */
export const REDACTED_MARK = ',"redacted":true';

/** The removal of an author, as the admin routes answer it. Times are RFC 3339 UTC with milliseconds. */
export interface Erasure {
  readonly id: string;
  readonly user_id: string;
  readonly state: 'pending' | 'done';
  readonly requested_at: string;
  readonly done_at: string | null;
  /** Messages of the author that were deleted so far. */
  readonly messages: number;
  /** Messages of others from which the author was removed so far. */
  readonly redactions: number;
  /** Changes that the database had refused and that named the author. */
  readonly dead_letters: number;
  /** What is promised, for people. */
  readonly detail: string;
}

/** An author of whom nothing is stored. */
export interface OptOut {
  readonly user_id: string;
  readonly opted_out_at: string;
  /** The removal of what was stored before. */
  readonly erasure: Erasure;
  /** What is promised, for people. */
  readonly detail: string;
}

/** A page of `GET /admin/opt-outs`, by user id; the next one begins with `after=<the last id>`. */
export interface OptOutPage {
  readonly opt_outs: readonly OptOut[];
  readonly has_more: boolean;
}
