import type { Paint } from '../describe-event.ts';
import { sizeOf } from '../export/export-progress.ts';
import type { Samples } from './samples.ts';
import type { Tally } from './tally.ts';

export interface BenchRun {
  readonly tally: Tally;
  /** From the first byte sent to HELLO. */
  readonly connecting: Samples;
  readonly connected: number;
  readonly clients: number;
  /** Closed by the server before the end. */
  readonly endedEarly: number;
  readonly seconds: number;
  /** CPU of the measuring program. */
  readonly cores: number;
}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** The figures of a run; times in milliseconds. */
export interface BenchReport extends Pick<BenchRun, 'connected' | 'clients' | 'endedEarly' | 'seconds' | 'cores'> {
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly events: number;
  readonly gaps: number;
  readonly duplicates: number;
  readonly reorders: number;
  readonly connectMs: Quantiles;
  readonly latencyMs: Quantiles;
  readonly spreadMs: Quantiles;
}

const NUMBER = new Intl.NumberFormat('en');
const GREEN = 32;
const RED = 31;
const DIM = 2;
/** Of a core: beyond it the figures are those of the measuring program. */
const BUSY = 0.85;

const quantilesOf = (samples: Samples): Quantiles => ({
  p50: samples.quantile(0.5),
  p99: samples.quantile(0.99),
  max: samples.quantile(1),
});

export function reportOf({ tally, connecting, ...run }: BenchRun): BenchReport {
  const { deliveries, bytes, events, gaps, duplicates, reorders } = tally;
  return {
    ...run,
    ...{ deliveries, events, gaps, duplicates, reorders },
    deliveriesPerSecond: Math.round(deliveries / run.seconds),
    bytesPerSecond: Math.round(bytes / run.seconds),
    connectMs: quantilesOf(connecting),
    latencyMs: quantilesOf(tally.latency),
    spreadMs: quantilesOf(tally.spread),
  };
}

export function describeReport(report: BenchReport, url: string, paint: Paint): readonly string[] {
  const { gaps, duplicates, reorders, endedEarly } = report;
  const isClean = gaps + duplicates + reorders + endedEarly === 0 && report.connected === report.clients;
  const verdict = `gaps ${gaps} · duplicates ${duplicates} · reorders ${reorders} · cut off ${endedEarly}`;
  return [
    `${url}, ${report.seconds.toFixed(1)} s`,
    row('connected', `${NUMBER.format(report.connected)} of ${NUMBER.format(report.clients)}`, times(report.connectMs)),
    row('events', NUMBER.format(report.events), `${(report.events / report.seconds).toFixed(1)}/s`),
    row(
      'deliveries',
      NUMBER.format(report.deliveries),
      `${NUMBER.format(report.deliveriesPerSecond)}/s, ${sizeOf(report.bytesPerSecond)}/s`,
    ),
    row('latency', '', `${times(report.latencyMs)}  ${paint(DIM, "from Discord's time of a message to here")}`),
    row('spread', '', `${times(report.spreadMs)}  ${paint(DIM, 'from the first client to each')}`),
    row(
      'this program',
      `${(report.cores * 100).toFixed(0)} %`,
      paint(DIM, `of a core${report.cores > BUSY ? ': it was the limit, not the server' : ''}`),
    ),
    `  ${paint(isClean ? GREEN : RED, verdict)}`,
  ];
}

const row = (name: string, figure: string, rest: string): string =>
  `  ${name.padEnd(13)}${figure.padStart(12)}   ${rest}`;

const times = ({ p50, p99, max }: Quantiles): string =>
  p50 === null ? 'none measured' : `p50 ${milliseconds(p50)}  p99 ${milliseconds(p99)}  max ${milliseconds(max)}`;

const milliseconds = (ms: number | null): string =>
  ms === null ? '–' : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
