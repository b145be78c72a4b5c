/**
 * What can be made to go wrong, on purpose and countably.
 *
 * Acting once, on the sockets open at that moment (`fired` = how many; 0 when nobody is connected): at once, or with
 * `after: N` (N ≥ 1) right after the Nth further dispatch of the world:
 * - `drop` `{code?}` closes with a close code (1000–1003, 1007–1014, 3000–4999), or cuts the TCP connection when the
 *   code is absent or 1006
 * - `reconnect` sends op 7
 * - `invalid_session` `{resumable}` sends op 9
 * - `heartbeat_request` sends op 1
 * - `expire_session` `{code?}` makes every session unresumable and drops its socket as `drop` does (code default 1006)
 *
 * Waiting for their moment, `times` times (default 1; 0 = until cleared):
 * - `no_ack` leaves heartbeats unanswered
 * - `refuse_resume` `{code?}` answers RESUME with op 9 false, or with this close code
 * - `ignore_resume` never answers RESUME; heartbeats go on
 * - `refuse_identify` `{code?}` answers IDENTIFY with op 9 false, or with this close code
 * - `duplicate` delivers a dispatch twice, `lose` never
 * - `reorder` `{distance?}` delivers a dispatch after the `distance` (default 1) that follow it, or after 1 s of silence
 * - `delay` `{ms}` delivers a dispatch so much later; what follows waits behind it, so the order holds
 * - these four take `types`: only dispatches of these types
 * - `rest` `{status, path?, retry_after?, global?}` answers REST requests whose path contains `path` with the status
 *   (400–599); for 429 `retry_after` is seconds (default 1)
 * - `rest_delay` `{ms, path?, answered?}` answers REST requests so much later; with `answered` what they ask for is looked up at
 *   once, and out of date when it arrives
 *
 * Lasting until cleared (`fired` counts what they touched; for the first and third it starts at 1 for the act itself):
 * - `hide_channel` `{channel}` (id or name): CHANNEL_UPDATE, then no dispatches of it, REST 403 code 50001
 * - `strip_content` empties content, embeds, attachments, components and polls on the gateway and on REST
 * - `guild_outage` `{guild?, ms?}` (default: the first guild) GUILD_DELETE unavailable, then GUILD_CREATE when cleared or
 *   after `ms`
 * - `lying_headers` makes rate limit headers of message history useless, as Discord's were (api-docs#8161)
 */
export type FaultSpec =
  | { readonly kind: 'drop' | 'expire_session'; readonly code?: number; readonly after?: number }
  | { readonly kind: 'reconnect' | 'heartbeat_request'; readonly after?: number }
  | { readonly kind: 'invalid_session'; readonly resumable: boolean; readonly after?: number }
  | { readonly kind: 'no_ack' | 'ignore_resume'; readonly times?: number }
  | { readonly kind: 'refuse_resume' | 'refuse_identify'; readonly code?: number; readonly times?: number }
  | { readonly kind: 'duplicate' | 'lose'; readonly types?: readonly string[]; readonly times?: number }
  | {
      readonly kind: 'reorder';
      readonly distance?: number;
      readonly types?: readonly string[];
      readonly times?: number;
    }
  | { readonly kind: 'delay'; readonly ms: number; readonly types?: readonly string[]; readonly times?: number }
  | {
      readonly kind: 'rest';
      readonly status: number;
      readonly path?: string;
      readonly retry_after?: number;
      readonly global?: boolean;
      readonly times?: number;
    }
  | {
      readonly kind: 'rest_delay';
      readonly ms: number;
      readonly path?: string;
      readonly answered?: boolean;
      readonly times?: number;
    }
  | { readonly kind: 'hide_channel'; readonly channel: string }
  | { readonly kind: 'guild_outage'; readonly guild?: string; readonly ms?: number }
  | { readonly kind: 'strip_content' | 'lying_headers' };

export type FaultKind = FaultSpec['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<FaultSpec, { readonly kind: Kind }>;

/** A fault as the control API reports it: its parameters, and the count that proves it fired. */
export type FaultReport = FaultSpec & {
  readonly id: string;
  readonly fired: number;
  /** False once it fired as often as asked, or was cleared. */
  readonly armed: boolean;
};
