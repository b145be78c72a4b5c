export interface CloseCount {
  readonly code: string;
  readonly by: 'server' | 'client';
  readonly count: number;
}

/** How sockets ended. */
export interface CloseCounts {
  /** `sent` is the code that the server closed with, or null; `received` what the socket reports. */
  note(sent: number | null, received: number): void;
  read(): readonly CloseCount[];
}

/** Normal, going away, none given, cut off: what well-behaved clients and networks do. A client may send 2,000 others. */
const CLIENT_CODES: ReadonlySet<number> = new Set([1000, 1001, 1005, 1006]);

export function createCloseCounts(): CloseCounts {
  const counts = { server: new Map<string, number>(), client: new Map<string, number>() };
  return {
    note(sent, received) {
      const ended = sent === null ? counts.client : counts.server;
      const code = sent ?? (CLIENT_CODES.has(received) ? received : 'other');
      ended.set(String(code), (ended.get(String(code)) ?? 0) + 1);
    },
    read: () => [
      ...[...counts.server].map(([code, count]) => ({ code, by: 'server' as const, count })),
      ...[...counts.client].map(([code, count]) => ({ code, by: 'client' as const, count })),
    ],
  };
}
