interface Tally {
  readonly labels: Readonly<Record<string, string>>;
  /** By bucket, of values above the bounds before it. */
  readonly counts: number[];
  sum: number;
}

/** One series of a histogram: takes a value. */
export type Observe = (value: number) => void;

/**
 * A histogram for what happens thousands of times a second: a series is looked up once by who keeps it, and a value costs an
 * addition. prom-client's makes a text of the labels to look its series up by at every value, which takes two microseconds.
 */
export class SeriesHistogram<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #labelNames: readonly L[];
  readonly #bounds: readonly number[];
  readonly #tallies = new Map<string, Tally>();

  constructor(name: string, help: string, labelNames: readonly L[], bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#labelNames = labelNames;
    this.#bounds = bounds;
  }

  /** To be kept by who observes often. */
  series(labels: Readonly<Record<L, string>>): Observe {
    const bounds = this.#bounds;
    const key = this.#labelNames.map((name) => labels[name]).join('\n');
    let known = this.#tallies.get(key);
    if (known === undefined) {
      known = { labels, counts: [...bounds.map(() => 0), 0], sum: 0 };
      this.#tallies.set(key, known);
    }
    const tally = known;
    return (value) => {
      let bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
      tally.counts[bucket]! += 1;
      tally.sum += value;
    };
  }

  /** As prom-client's registry asks for it. */
  async get() {
    const values = [...this.#tallies.values()].flatMap(({ labels, counts, sum }) => {
      let count = 0;
      const buckets = counts.map((own, bucket) => ({
        metricName: `${this.name}_bucket`,
        labels: { le: this.#bounds[bucket] ?? '+Inf', ...labels },
        value: (count += own),
      }));
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels: { ...labels }, value: sum },
        { metricName: `${this.name}_count`, labels: { ...labels }, value: count },
      ];
    });
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  reset(): void {
    this.#tallies.clear();
  }
}
