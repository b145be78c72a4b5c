import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricName {
  /** Of a counter it ends in `_total`. */
  readonly name: `dms_${string}`;
  readonly help: string;
}

/** One sample of a metric with several labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric. `read` is called at each scrape, so the code that is measured keeps plain numbers and knows nothing of Prometheus.
 *  It must be cheap and must not throw. Values are in base units: seconds, bytes, events. */
export type MetricDefinition = MetricName &
  (
    | {
        /** Null while there is nothing to tell: the metric then has no sample. */
        readonly read: () => number | null;
      }
    | {
        readonly label: string;
        /** One sample for each value of the label. */
        readonly read: () => Readonly<Record<string, number>>;
      }
    | {
        readonly labels: readonly string[];
        readonly read: () => readonly Sample[];
      }
  );

export interface HistogramDefinition<Value extends string> extends MetricName {
  /** Upper bounds, ascending; above the last is one more. */
  readonly buckets: readonly number[];
  readonly label: string;
  readonly values: readonly Value[];
}

export interface SnapshotDefinition extends MetricName {
  readonly buckets: readonly number[];
  /** What is distributed now. */
  readonly read: () => Iterable<number>;
}

/** Notes one value; costs about a microsecond. */
export type Observe<Value extends string> = (labelValue: Value, value: number) => void;

/** What one process tells Prometheus. Names are unique: defining one twice throws. */
export interface Metrics {
  readonly contentType: string;
  /** Goes up and down. */
  gauge(definition: MetricDefinition): void;
  /** Only goes up while the process lives. */
  counter(definition: MetricDefinition): void;
  /** Collects what is observed while the process lives, for every value of the label from the start. */
  histogram<Value extends string>(definition: HistogramDefinition<Value>): Observe<Value>;
  /** How something is distributed at the moment of the scrape: it does not add up over time, so take no `rate` of it. */
  snapshot(definition: SnapshotDefinition): void;
  /** CPU, memory, garbage collection and event loop, under the names that every Node.js process uses. Observes the process from
   *  now on and as long as it lives. */
  observeProcess(): void;
  /** Takes back every metric whose name begins so, for a successor that defines them again. */
  forget(prefix: `dms_${string}`): void;
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
    histogram({ name, help, buckets, label, values }) {
      const histogram = new Histogram({
        name,
        help,
        buckets: [...buckets],
        labelNames: [label],
        registers: [registry],
      });
      for (const value of values) histogram.zero({ [label]: value });
      return (labelValue, value) => histogram.observe({ [label]: labelValue }, value);
    },
    snapshot({ name, help, buckets, read }) {
      new Histogram({
        ...{ name, help, buckets: [...buckets], registers: [registry] },
        collect() {
          this.reset();
          for (const value of read()) this.observe(value);
        },
      });
    },
    observeProcess: () => collectDefaultMetrics({ register: registry }),
    forget(prefix) {
      for (const { name } of registry.getMetricsAsArray())
        if (name.startsWith(prefix)) registry.removeSingleMetric(name);
    },
    text: () => registry.metrics(),
  };
}

function labelNamesOf(definition: MetricDefinition): string[] {
  if ('labels' in definition) return [...definition.labels];
  return 'label' in definition ? [definition.label] : [];
}

const configOf = (definition: MetricDefinition, registry: Registry) => ({
  name: definition.name,
  help: definition.help,
  labelNames: labelNamesOf(definition),
  registers: [registry],
});

/** Puts what `read` says in the place of what was there: a counter of prom-client cannot be set. */
function refresh(target: Pick<Gauge, 'reset' | 'remove' | 'inc'>, definition: MetricDefinition): void {
  target.reset();
  if ('labels' in definition) {
    for (const { labels, value } of definition.read()) target.inc({ ...labels }, value);
    return;
  }
  if ('label' in definition) {
    for (const [value, number] of Object.entries(definition.read())) target.inc({ [definition.label]: value }, number);
    return;
  }
  const number = definition.read();
  if (number === null) target.remove();
  else target.inc(number);
}
