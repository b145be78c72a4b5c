/** Why the server closes a socket. 4000–4499: reconnect with your position; 4500–4999: do not. */
export const CloseCode = {
  GoingAway: 1001,
  FrameTooLarge: 1009,
  /** Drain: the position continues on another replica. */
  ServiceRestart: 1012,
  /** The log could not be read; the position stays valid. */
  TryAgainLater: 1013,
  Internal: 4000,
  UnknownOp: 4001,
  Malformed: 4002,
  RateLimited: 4008,
  HeartbeatTimeout: 4009,
  TooSlow: 4020,
  TooManyFromAddress: 4021,
  TooManyConnections: 4022,
  LogUnavailable: 4031,
  BadKey: 4504,
  UnsupportedProtocol: 4512,
  BadFilter: 4523,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** True when reconnecting cannot help: the request itself must change. */
export function isTerminal(code: number): boolean {
  return code >= 4500 && code <= 4999;
}
