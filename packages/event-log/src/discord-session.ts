/** One bot's connection to Discord. Sharding would count; today there is shard 0 alone. */
export interface SessionOwner {
  /** The bot's part of the token, which is no secret. */
  readonly bot: string;
  /** Digest of what the session is opened for; a session opened for something else must not be resumed. */
  readonly fingerprint: string;
}

/** Where Discord's session stands once everything up to `sequence` is stored. */
export interface DiscordSession extends SessionOwner {
  readonly sessionId: string;
  readonly resumeUrl: string;
  readonly sequence: number;
  /** Whether the application has the Message Content intent, as READY said. */
  readonly hasMessageContent: boolean;
}

/** A gap that is not closed, with the channels it concerns. */
export interface OpenGap {
  readonly id: string;
  readonly guildId: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch; null when nobody knows. */
  readonly sinceMs: number | null;
  readonly isPlanned: boolean;
}

/** IDENTIFYs of a bot in 24 hours, from the first one on. */
export interface IdentifyUse {
  readonly used: number;
  readonly resetsInMs: number;
  /** Since the last one; null when there was none. */
  readonly sinceLastMs: number | null;
}
