import { createStreamClient, type StreamClient, type StreamEnd } from '../index.ts';
import { describeEvent, printable } from './describe-event.ts';
import type { Output } from './output.ts';
import { createRefusableWebSocket, type HttpRefusal } from './refusable-web-socket.ts';
import type { TailCommand } from './tail-command.ts';

export interface Tail {
  readonly position: string | null;
  /** The exit code. */
  readonly finished: Promise<number>;
  stop(): void;
}

/** Asking again with the same words cannot help; 429, 503 and the like pass. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 426]);

/** Prints the stream until stopped or refused. */
export function startTail(command: TailCommand, key: string | null, output: Output): Tail {
  let refused: HttpRefusal | null = null;
  /** Why the newest upgrade failed, where the server said so. */
  let said: string | null = null;
  const host = new URL(command.url).host;

  const client: StreamClient = createStreamClient({
    url: command.url,
    filter: command.filter,
    ...(command.since !== undefined && { since: command.since }),
    WebSocket: createRefusableWebSocket(key, (refusal) => {
      said = refusal.detail;
      if (!FINAL_STATUSES.has(refusal.status)) return;
      refused = refusal;
      client.close();
    }),
  });
  client.on('status', (status) => {
    if (status.state === 'open') output.note(`following ${host}`);
    if (status.state !== 'waiting') return;
    const seconds = (status.retryInMs / 1_000).toFixed(1);
    output.note(`no connection to ${host} (${printable(said ?? status.reason)}); trying again in ${seconds} s`);
    said = null;
  });
  client.on('reset', ({ reason, lost, position }) =>
    output.note(
      `the stream could not go on from ${lost} (${reason}); it goes on from ${position}, what lies between is missing`,
    ),
  );
  client.on('event', (event) =>
    output.line(command.isJson ? JSON.stringify(event) : describeEvent(event, output.paint)),
  );

  const exitCode = (end: StreamEnd): number => {
    if (end.kind === 'failed') throw end.error;
    const reason = end.kind === 'refused' ? end.reason : refused?.detail;
    if (reason !== undefined) output.note(`refused: ${printable(reason)}`);
    return reason === undefined ? 0 : 1;
  };
  return {
    get position() {
      return client.position;
    },
    finished: client.closed.then(exitCode),
    stop: client.close,
  };
}
