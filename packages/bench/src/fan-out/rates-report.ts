import type { BuildKind } from '../command-line.ts';
import type { Cell, Report } from '../report.ts';
import { describeTarget, type Target } from '../targets.ts';
import type { FanOutCommand } from './command.ts';
import { type ContestantName, LABELS } from './contestants.ts';
import type { Measurement } from './measure.ts';
import type { Runs } from './rates.ts';

/** The rate whose event-loop delay is judged. */
const LOOP_RATE = 50;
const MANY_CLIENTS = 10_000;
/** Where latencies are compared: both follow, and neither is idle. */
const LATENCY_RATES = [20, 50, 100];

const best = (runs: readonly Measurement[] = []): number | null =>
  runs.length === 0 ? null : Math.max(...runs.map((run) => (run.wrong === 0 ? run.deliveriesPerSecond : 0)));

/** Of the server's CPU, at the rate where it is cheapest: what a busy machine does not change. */
const cheapest = (runs: readonly Measurement[] = []): number | null => {
  const costs = runs.flatMap(({ cpuPerMillion }) => cpuPerMillion ?? []);
  return costs.length === 0 ? null : Math.min(...costs);
};

const ratio = (a: number | null, b: number | null): number | null =>
  a === null || b === null || b === 0 ? null : a / b;

export function ratesReport({ clients, seconds }: FanOutCommand, build: BuildKind, runs: Runs): Report {
  return {
    title: `Fan-out to ${clients} clients, ${seconds} s each, ${build === 'dist' ? 'built' : 'from source'}`,
    columns: [
      'server',
      'messages/s',
      'deliveries/s',
      'p50 ms',
      'p99 ms',
      'CPU s/M',
      'clients s/M',
      'loop p99 ms',
      'MiB',
      'wrong',
    ],
    rows: [...runs].flatMap(([name, measured]) => measured.map((run) => rowOf(name, run))),
    notes: [
      'CPU s/M: of the server, per million deliveries; wrong: lost, doubled, out of order or different from what others got',
      '* could not follow',
      ...targetsOf(clients, runs).map(describeTarget),
    ],
    figures: { clients, seconds, build, targets: targetsOf(clients, runs), runs: Object.fromEntries(runs) },
  };
}

function rowOf(name: ContestantName, run: Measurement): readonly Cell[] {
  const { rate, deliveriesPerSecond, window, cpuPerMillion, clientCpuPerMillion, loopP99Ms, residentMiB, wrong } = run;
  const label = `${LABELS[name]}${run.keepsUp ? '' : ' *'}`;
  const times = [window.p50Ms, window.p99Ms, cpuPerMillion, clientCpuPerMillion, loopP99Ms];
  return [label, rate, Math.round(deliveriesPerSecond), ...times, Math.round(residentMiB), wrong];
}

function targetsOf(clients: number, runs: Runs): readonly Target[] {
  const of = (name: ContestantName): readonly Measurement[] => runs.get(name) ?? [];
  const throughput = (name: ContestantName, atLeast: number): readonly Target[] => [
    {
      name: `highest rate, of ${LABELS[name]}`,
      value: ratio(best(of('product')), best(of(name))),
      ...{ bound: { atLeast }, unit: ' ×' },
    },
    {
      name: `deliveries per CPU second, of ${LABELS[name]}`,
      value: ratio(cheapest(of(name)), cheapest(of('product'))),
      ...{ bound: { atLeast }, unit: ' ×' },
    },
  ];
  const targets = [...throughput('ws', 40), ...throughput('socket.io', 40), ...throughput('stringify', 80)];
  return clients < MANY_CLIENTS ? targets : [...targets, ...throughput('uws', 1.8), ...manyClientTargets(of)];
}

function manyClientTargets(of: (name: ContestantName) => readonly Measurement[]): readonly Target[] {
  const at = (name: ContestantName, rate: number) => of(name).find((run) => run.rate === rate);
  const latencies = LATENCY_RATES.flatMap((rate): readonly Target[] => {
    const [ours, theirs] = [at('product', rate)?.window, at('uws', rate)?.window];
    const compare = (a: number | undefined, b: number | undefined): number | null => ratio(a ?? null, b ?? null);
    return [
      {
        name: `p50 at ${rate}/s, of uWebSockets.js`,
        value: compare(ours?.p50Ms, theirs?.p50Ms),
        bound: { atMost: 0.7 },
        unit: ' ×',
      },
      {
        name: `p99 at ${rate}/s, of uWebSockets.js`,
        value: compare(ours?.p99Ms, theirs?.p99Ms),
        bound: { atMost: 0.8 },
        unit: ' ×',
      },
    ];
  });
  const loop = at('product', LOOP_RATE)?.loopP99Ms ?? null;
  return [
    ...latencies,
    { name: `event-loop delay p99 at ${LOOP_RATE}/s`, value: loop, bound: { atMost: 15 }, unit: ' ms' },
  ];
}
