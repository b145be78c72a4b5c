/** Discord's op codes where Discord has one; ours begin at 100. */
export const Opcode = {
  Dispatch: 0,
  Heartbeat: 1,
  Reconnect: 7,
  Hello: 10,
  HeartbeatAck: 11,
  Position: 100,
  Subscribe: 101,
  Subscribed: 102,
  Error: 103,
} as const;
