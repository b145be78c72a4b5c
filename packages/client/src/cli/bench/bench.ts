import { setTimeout as sleep } from 'node:timers/promises';
import { SUBPROTOCOL } from '@dms/protocol';
import { WebSocket } from 'ws';
import { streamUrl } from '../../stream-options.ts';
import type { Output } from '../output.ts';
import { createRefusableWebSocket } from '../refusable-web-socket.ts';
import type { BenchCommand } from './bench-command.ts';
import { describeReport, reportOf } from './report.ts';
import { createSamples } from './samples.ts';
import { createTally } from './tally.ts';

/** Handshakes under way at once. */
const CONCURRENCY = 50;
const EXIT_UNAVAILABLE = 69;

/** Measures, prints and returns the exit code. `signal` ends it early, with what there is. */
export async function runBench(
  command: BenchCommand,
  key: string | null,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { filter, since } = command;
  const url = streamUrl({ url: command.url, filter, ...(since !== undefined && { since }) }, null);
  const isWhole = Object.values(filter).every((list) => list === undefined);
  const tally = createTally(isWhole, { wallMs: () => Date.now(), ms: () => performance.now() });
  const connecting = createSamples();
  const sockets: WebSocket[] = [];
  let refusal = '';
  let endedEarly = 0;
  let isOver = false;
  const Socket = createRefusableWebSocket(key, ({ detail }) => {
    refusal = detail;
  });

  const connect = (): Promise<void> =>
    new Promise((resolve) => {
      const startedAtMs = performance.now();
      const socket = new Socket(url, [SUBPROTOCOL]);
      const take = tally.follow();
      let isOpen = false;
      socket.addEventListener('message', ({ data }) => {
        if (!isOpen) {
          isOpen = true;
          connecting.add(performance.now() - startedAtMs);
          resolve();
        }
        if (typeof data === 'string') take(data);
      });
      socket.addEventListener('error', (event) => {
        if (refusal === '' && 'message' in event) refusal = String(event.message);
      });
      socket.addEventListener('close', () => {
        if (isOpen && !isOver) endedEarly += 1;
        resolve();
      });
      if (socket instanceof WebSocket) sockets.push(socket);
    });
  const connectMany = async (count: number): Promise<void> => {
    for (let index = 0; index < count && !signal.aborted; index += 1) await connect();
  };

  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  output.progress(`connecting ${command.clients} clients to ${new URL(url).host} …`);
  const lanes = Math.min(CONCURRENCY, command.clients);
  const share = (lane: number): number => Math.floor((command.clients + lanes - 1 - lane) / lanes);
  await Promise.all(Array.from({ length: lanes }, (_, lane) => connectMany(share(lane))));
  const connected = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  if (connected > 0) {
    output.progress(`${connected} clients connected, measuring for ${command.seconds} s …`);
    await sleep(command.seconds * 1_000, undefined, { signal }).catch(() => {});
  }
  isOver = true;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const socket of sockets) socket.terminate();
  output.progress('');
  if (connected === 0) {
    output.note(`no client could connect to ${new URL(url).host}: ${refusal || 'no answer'}`);
    return EXIT_UNAVAILABLE;
  }
  const cores = (user + system) / 1e6 / seconds;
  const report = reportOf({ tally, connecting, connected, clients: command.clients, endedEarly, seconds, cores });
  if (command.isJson) await output.line(JSON.stringify({ url: command.url, ...report }));
  else for (const line of describeReport(report, command.url, output.paint)) await output.line(line);
  if (connected < command.clients && refusal !== '') output.note(`some could not connect: ${refusal}`);
  return report.gaps + report.duplicates + report.reorders + endedEarly > 0 || connected < command.clients ? 1 : 0;
}
