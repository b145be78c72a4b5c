/** What a hostile input brought to light. */
export class Finding extends Error {
  override readonly name = 'Finding';
  /** Equal for findings of the same cause, more or less. */
  readonly kind: string;

  constructor(what: string, fault: string, bytes: Buffer) {
    super(
      `${what}: ${fault}\ninput: ${JSON.stringify(bytes.toString('latin1').slice(0, 1_500))} (${bytes.length} bytes)`,
    );
    this.kind = `${what} ${fault.replace(/".*/s, '').slice(0, 80)}`;
  }
}

const MAX_FINDINGS = 30;

/** How many inputs of each class were tried and what became of them, so that a class that no longer bites is seen. */
export interface Tally {
  readonly inputs: number;
  input(what: string, count?: number): void;
  outcome(what: string, outcome: string): void;
  /** Every outcome that came at least once, of whatever class. */
  readonly outcomes: ReadonlySet<string>;
  /** The first of each class and fault, 30 at most. */
  readonly findings: readonly string[];
  found(seed: number, finding: Finding): void;
  /** A line for each class. */
  describe(): string;
}

export function createTally(): Tally {
  const inputs = new Map<string, number>();
  const outcomes = new Map<string, Map<string, number>>();
  const findings = new Map<string, string>();
  return {
    get inputs() {
      return [...inputs.values()].reduce((sum, count) => sum + count, 0);
    },
    input(what, count = 1) {
      inputs.set(what, (inputs.get(what) ?? 0) + count);
    },
    outcome(what, outcome) {
      const counts = outcomes.get(what) ?? new Map<string, number>();
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      outcomes.set(what, counts);
    },
    get findings() {
      return [...findings.values()];
    },
    found(seed, { kind, message }) {
      if (findings.size < MAX_FINDINGS && !findings.has(kind)) findings.set(kind, `seed ${seed}: ${message}`);
    },
    get outcomes() {
      return new Set([...outcomes.values()].flatMap((counts) => [...counts.keys()]));
    },
    describe: () =>
      [...inputs]
        .map(([what, count]) => {
          const counts = [...(outcomes.get(what) ?? [])].toSorted(([, a], [, b]) => b - a);
          return `${count} ${what}: ${counts.map(([outcome, times]) => `${outcome} ×${times}`).join(', ')}`;
        })
        .join('\n'),
  };
}
