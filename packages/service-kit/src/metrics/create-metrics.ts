import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client';
import { SeriesHistogram } from './series-histogram.ts';

interface Collected<L extends string> {
  readonly counter: Counter<L>;
  readonly gauge: Gauge<L>;
}

/** @param collect adds or sets what is known elsewhere, whenever the metric is asked for. */
type Collecting<K extends keyof Collected<string>> = <L extends string>(
  name: string,
  help: string,
  labels?: readonly L[],
  collect?: (metric: Collected<L>[K]) => void,
) => Collected<L>[K];

/** A process's metrics. A second request for a name answers the first's metric. */
export interface Metrics {
  readonly registry: Registry;
  readonly counter: Collecting<'counter'>;
  readonly gauge: Collecting<'gauge'>;
  /** @param buckets upper bounds; seconds from 1 ms to 30 s unless given. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** For what is observed thousands of times a second. */
  seriesHistogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: readonly number[],
  ): SeriesHistogram<L>;
}

const latencySeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** As prom-client wants it: called on the metric, and not there where nothing is known elsewhere. */
const collecting = <M>(collect: ((metric: M) => void) | undefined) =>
  collect && {
    collect(this: M) {
      collect(this);
    },
  };

/** @param service labels every series. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const once = <M>(name: string, make: () => M): M =>
    (registry.getSingleMetric(name) as M | undefined) ?? make();
  return {
    registry,
    counter: (name, help, labelNames = [], collect) =>
      once(name, () => new Counter({ name, help, labelNames, registers, ...collecting(collect) })),
    gauge: (name, help, labelNames = [], collect) =>
      once(name, () => new Gauge({ name, help, labelNames, registers, ...collecting(collect) })),
    histogram: (name, help, labelNames = [], buckets = latencySeconds) =>
      once(name, () => new Histogram({ name, help, labelNames, registers, buckets: [...buckets] })),
    seriesHistogram: (name, help, labelNames, buckets) =>
      once(name, () => {
        const histogram = new SeriesHistogram(name, help, labelNames, buckets);
        // What a registry asks of a metric it has; what prom-client's classes have beside that nobody asks it for.
        registry.registerMetric(histogram as unknown as Metric);
        return histogram;
      }),
  };
};
