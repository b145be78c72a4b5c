import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Child } from './child.ts';

/** The heap of a process that was started with `INSPECTED`, as V8's own inspector tells it. */
export interface InspectedHeap {
  /** Bytes that are left after everything unreachable is collected. */
  liveBytes(): Promise<number>;
  close(): void;
}

/** Arguments for Node. */
export const INSPECTED = ['--inspect=127.0.0.1:0'];
const START_TIMEOUT_MS = 30_000;

export async function inspectHeap(child: Child): Promise<InspectedHeap> {
  const line = await child.line(/Debugger listening on ws:/, START_TIMEOUT_MS);
  const socket = new WebSocket(line.slice(line.indexOf('ws:')).trim(), { perMessageDeflate: false });
  const waiting = new Map<number, (result: unknown) => void>();
  let asked = 0;
  socket.on('message', (data) => {
    const { id, result }: { readonly id?: number; readonly result?: unknown } = JSON.parse(String(data));
    if (id !== undefined) waiting.get(id)?.(result);
  });
  await once(socket, 'open');
  const ask = (method: string): Promise<unknown> =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      socket.send(JSON.stringify({ id: asked, method }));
    });
  return {
    async liveBytes() {
      await ask('HeapProfiler.collectGarbage');
      const usage = await ask('Runtime.getHeapUsage');
      const isUsage = typeof usage === 'object' && usage !== null && 'usedSize' in usage;
      return isUsage ? Number(usage.usedSize) : Number.NaN;
    },
    close: () => socket.close(),
  };
}
