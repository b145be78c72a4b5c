import type { Action } from '../world/action.ts';

/**
 * The script's grammar: NDJSON, one object a line, empty lines skipped, unknown fields ignored. `line`, `lines`,
 * `reply_to` and `thread` are 1-based numbers of *earlier* lines of the file (empty lines count).
 *
 * A message:
 *   {"ts","community","channel","user","text"}  community → guild, channel → text channel, user → member; text verbatim.
 *   Optional: "reply_to": LINE of a message · "thread": LINE of a thread, then the message goes there instead of the
 *   channel · "embeds": [Discord embeds] · "attachments": [{"filename","size"?,"content_type"?,"width"?,"height"?,
 *   "description"?,"duration_secs"?,"waveform"?}] · "stickers": [{"id","name"}] · "components": [Discord components] ·
 *   "type": Discord's number of a system message · "webhook": true, then the user is a webhook's name. "ts" is not used:
 *   ids and times are now.
 *
 * Something done to earlier lines:
 *   {"op":"edit","line":N,"text":"…"}                        edited_timestamp grows
 *   {"op":"refresh","line":N,"embeds":[…]}                   an unfurl: MESSAGE_UPDATE that is no edit
 *   {"op":"delete","line":N}                                 {"op":"bulk_delete","lines":[N,M]} of one channel
 *   {"op":"react"|"unreact","line":N,"user":"…","emoji":"👍","burst"?:true}
 *   {"op":"clear_reactions","line":N,"emoji"?:"👍"}
 *   {"op":"pin"|"unpin","line":N}
 *   {"op":"forward","line":N,"channel":"…","user":"…"}        a new message; "community" as in the original by default
 *   {"op":"thread","line":N,"name":"…"}                      opens a thread on a message
 *   {"op":"archive_thread"|"unarchive_thread"|"delete_thread","line":N}  N is the thread's line
 *   {"op":"poll","community","channel","user","question":"…","answers":["…","…"]}
 *   {"op":"vote"|"unvote","line":N,"user":"…","answer":1}     {"op":"close_poll","line":N}
 *   {"op":"rename_channel","community","channel","name":"…"}  {"op":"delete_channel","community","channel"}
 *   {"op":"rename_guild","community","name":"…"}
 *   {"op":"wait","ms":N}                                      nothing happens for so long
 *
 * A line that cannot be carried out any more when its turn comes (its message was deleted meanwhile) is skipped and
 * counted; a line that breaks this grammar stops the start with file name and line number.
 */
export interface Script {
  readonly file: string;
  readonly steps: readonly ScriptStep[];
}

/** Ids of what earlier lines made: line number → message or thread id. */
export type MadeIds = ReadonlyMap<number, string>;

/** One line, ready to be played. */
export type ScriptStep =
  | { readonly kind: 'wait'; readonly line: number; readonly ms: number }
  | {
      readonly kind: 'act';
      readonly line: number;
      /** Undefined when a line it refers to made nothing. */
      readonly toAction: (made: MadeIds) => Action | undefined;
    };
