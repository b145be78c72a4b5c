import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One metric. `read` is called at each scrape, so the code that is measured keeps plain numbers and knows nothing of Prometheus.
 *  It must be cheap and must not throw. Values are in base units: seconds, bytes, events. */
export type MetricDefinition = {
  /** Of a counter it ends in `_total`. */
  readonly name: `dms_${string}`;
  readonly help: string;
} & (
  | {
      /** Null while there is nothing to tell: the metric then has no sample. */
      readonly read: () => number | null;
    }
  | {
      readonly label: string;
      /** One sample for each value of the label. */
      readonly read: () => Readonly<Record<string, number>>;
    }
);

/** What one process tells Prometheus. Names are unique: defining one twice throws. */
export interface Metrics {
  readonly contentType: string;
  /** Goes up and down. */
  gauge(definition: MetricDefinition): void;
  /** Only goes up while the process lives. */
  counter(definition: MetricDefinition): void;
  /** CPU, memory, garbage collection and event loop, under the names that every Node.js process uses. Observes the process from
   *  now on and as long as it lives. */
  observeProcess(): void;
  /** Everything in Prometheus' text format, read now. */
  text(): Promise<string>;
}

/** Has a registry of its own, so that several may exist in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  return {
    contentType: registry.contentType,
    gauge(definition) {
      new Gauge({
        ...configOf(definition, registry),
        collect() {
          refresh(this, definition);
        },
      });
    },
    counter(definition) {
      new Counter({
        ...configOf(definition, registry),
        collect() {
          refresh(this, definition);
        },
      });
    },
    observeProcess: () => collectDefaultMetrics({ register: registry }),
    text: () => registry.metrics(),
  };
}

const configOf = (definition: MetricDefinition, registry: Registry) => ({
  name: definition.name,
  help: definition.help,
  labelNames: 'label' in definition ? [definition.label] : [],
  registers: [registry],
});

/** Puts what `read` says in the place of what was there: a counter of prom-client cannot be set. */
function refresh(target: Pick<Gauge, 'reset' | 'remove' | 'inc'>, definition: MetricDefinition): void {
  target.reset();
  if ('label' in definition) {
    for (const [value, number] of Object.entries(definition.read())) target.inc({ [definition.label]: value }, number);
    return;
  }
  const number = definition.read();
  if (number === null) target.remove();
  else target.inc(number);
}
