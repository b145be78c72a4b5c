import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from './command-line.ts';
import { type DeliveryRun, doubtsAbout, runDelivery } from './delivery-run.ts';
import { startSimulator, startWorker, type Workshop } from './processes.ts';
import { type Product, startProduct } from './product.ts';
import type { Cell, Report } from './report.ts';
import { writeScript } from './script-file.ts';
import type { Surroundings } from './surroundings.ts';

type LatencyCommand = Extract<Command, { name: 'latency' }>;

const WARMUP_SECONDS = 3;
/** Time for clients to connect before the script begins. */
const BASE_WAIT_MS = 5_000;
const WAIT_MS_PER_CLIENT = 5;
const LISTEN_TIMEOUT_MS = 30_000;
/** Beyond the script's own length. */
const GRACE_MS = 60_000;
const PEER = 'naive broadcaster';

/** Delivery latency and the server's CPU for it, of the product and of a naive peer under the same load. */
export async function benchLatency(command: LatencyCommand, workshop: Workshop, around: Surroundings): Promise<Report> {
  const { clients, rate, seconds, forms } = command;
  const messages = rate * (WARMUP_SECONDS + seconds);
  const waitMs = BASE_WAIT_MS + WAIT_MS_PER_CLIENT * clients;
  const script = join(around.directory, 'latency.ndjson');
  await writeScript(script, messages, waitMs);
  const runs = new Map<string, DeliveryRun & { readonly server: string }>();
  const notes: string[] = [];

  for (const name of [PEER, ...forms]) {
    around.say(`latency: ${name}`);
    const directory = join(around.directory, name.replace(' ', '-'));
    await mkdir(directory);
    const simulator = await startSimulator(workshop, script, rate);
    const form = forms.find((candidate) => candidate === name);
    const { apiUrl } = simulator;
    const server =
      form === undefined
        ? await startPeer(workshop, apiUrl)
        : await startProduct(workshop, { ...around, form, apiUrl, directory });
    try {
      const { streamUrl, processes } = server;
      const timeoutMs = waitMs + (messages / rate) * 1_000 + GRACE_MS;
      const warmupMs = WARMUP_SECONDS * 1_000;
      const run = await runDelivery(workshop, {
        streamUrl,
        clients,
        messages,
        warmupMs,
        processes,
        timeoutMs,
      });
      runs.set(name, { ...run, server: server.server });
      notes.push(...doubtsAbout(name, run, messages));
    } finally {
      await server.stop();
      await simulator.process.stop();
    }
  }
  const naive = cpuPerMillion(runs.get(PEER));
  return {
    title: `Delivery of ${rate} messages/s to ${clients} clients for ${seconds} s, ${workshop.build === 'dist' ? 'built' : 'from source'}`,
    columns: [
      'server',
      'deliveries/s',
      'p50 ms',
      'p99 ms',
      'max ms',
      'bytes',
      'lost',
      'dup',
      'reordered',
      'server CPU s',
      'CPU s/M',
      'of naive',
      'clients CPU s',
    ],
    rows: [...runs].map(([name, run]) => rowOf(name, run, naive)),
    notes: [
      'latency: whole ms from the message id made by the simulator to the read of the client socket; same clock',
      "CPU s/M: of the process that clients are connected to, per million deliveries; standalone's includes ingest and database",
      ...notes,
    ],
    figures: { clients, rate, seconds, build: workshop.build, ...Object.fromEntries(runs) },
  };
}

type NamedRun = DeliveryRun & { readonly server: string };

function cpuPerMillion(run: NamedRun | undefined): number | null {
  const cpu = run?.cpu[run.server] ?? null;
  return run === undefined || cpu === null ? null : (cpu / run.measured) * 1e6;
}

function rowOf(name: string, run: NamedRun, naive: number | null): readonly Cell[] {
  const { p50Ms, p99Ms, maxMs, bytesPerMessage, lost, duplicates, reordered, clientCpu } = run;
  const own = cpuPerMillion(run);
  const ratio = own === null || naive === null ? null : own / naive;
  const perSecond = Math.round(run.deliveries / run.seconds);
  const serverCpu = run.cpu[run.server] ?? null;
  return [
    name,
    perSecond,
    p50Ms,
    p99Ms,
    maxMs,
    bytesPerMessage,
    lost,
    duplicates,
    reordered,
    serverCpu,
    own,
    ratio,
    clientCpu,
  ];
}

async function startPeer(workshop: Workshop, apiUrl: string): Promise<Product> {
  const peer = await startWorker(workshop, 'naive-broadcaster', [apiUrl]);
  const line = await peer.line(/^listening \d+$/, LISTEN_TIMEOUT_MS);
  return {
    streamUrl: `ws://127.0.0.1:${line.slice('listening '.length)}/`,
    server: PEER,
    processes: [{ name: PEER, pid: peer.pid }],
    stop: () => peer.stop(),
  };
}
