import { readdirSync, readFileSync } from 'node:fs';

/** /proc counts in ticks; Linux shows 100 a second to programs on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly seconds: number;
  /** Of children that have ended and were waited for. */
  readonly childSeconds: number;
}

/** CPU seconds of a process (all its threads) and everything below it, ended children included. Null where there is no /proc. */
export function cpuSeconds(pid: number): number | null {
  const root = timesOf(pid);
  if (root === null) return null;
  const below = readdirSync('/proc').flatMap((name) => {
    const id = Number(name);
    return Number.isInteger(id) && timesOf(id)?.parent === pid ? [cpuSeconds(id) ?? 0] : [];
  });
  return below.reduce((sum, seconds) => sum + seconds, root.seconds + root.childSeconds);
}

function timesOf(pid: number): ProcessTimes | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain spaces; what follows it is field 3 onwards of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3]);
    return {
      parent: field(4),
      seconds: (field(14) + field(15)) / TICKS_PER_SECOND,
      childSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
    };
  } catch {
    return null;
  }
}

/** The child of this process whose command line contains `text`; for servers that somebody else started for us. */
export function findChild(text: string): number | null {
  const ids = readdirSync('/proc').map(Number);
  const found = ids.find(
    (id) => Number.isInteger(id) && timesOf(id)?.parent === process.pid && commandOf(id).includes(text),
  );
  return found ?? null;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** A process whose CPU time belongs into a figure; without an id it cannot be measured. */
export interface Measured {
  readonly name: string;
  readonly pid: number | null;
}

export type CpuReading = ReadonlyMap<string, number | null>;

export function readCpu(processes: readonly Measured[]): CpuReading {
  return new Map(processes.map(({ name, pid }) => [name, pid === null ? null : cpuSeconds(pid)]));
}

/** Seconds spent between two readings. */
export function spentCpu(before: CpuReading, after: CpuReading): Record<string, number | null> {
  const spent: Record<string, number | null> = {};
  for (const [name, end] of after) {
    const start = before.get(name) ?? null;
    // Less than before: a process of many that come and go was missed in one of the readings.
    const isKnown = start !== null && end !== null && end >= start;
    spent[name] = isKnown ? Number((end - start).toFixed(2)) : null;
  }
  return spent;
}
