import { once } from 'node:events';
import { WebSocket } from 'ws';

/** The memory of a Node process that was started with `INSPECTED`, as V8's own inspector tells it. */
export interface InspectedMemory {
  /** Bytes of the heap that are left after everything unreachable is collected. */
  liveBytes(): Promise<number>;
  close(): void;
}

/** Arguments for Node. It then prints the URL that `inspectMemory` takes. */
export const INSPECTED: readonly string[] = ['--inspect=127.0.0.1:0'];
export const INSPECTOR_LINE = /Debugger listening on ws:/;

/** `line` is the one that matches `INSPECTOR_LINE`. */
export async function inspectMemory(line: string): Promise<InspectedMemory> {
  const socket = new WebSocket(line.slice(line.indexOf('ws:')).trim(), { perMessageDeflate: false });
  const waiting = new Map<number, (result: unknown) => void>();
  let asked = 0;
  socket.on('message', (data) => {
    const { id, result }: { readonly id?: number; readonly result?: unknown } = JSON.parse(String(data));
    if (id === undefined) return;
    waiting.get(id)?.(result);
    waiting.delete(id);
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
