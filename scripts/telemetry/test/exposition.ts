export interface ExportedMetric {
  readonly type: string;
  /** Those seen on its series, but `service` and a histogram's `le`. */
  readonly labels: ReadonlySet<string>;
}

/** What a process exports, read from Prometheus's text format. */
export function readExposition(text: string): ReadonlyMap<string, ExportedMetric> {
  const metrics = new Map<string, { type: string; labels: Set<string> }>();
  let current: { type: string; labels: Set<string> } | undefined;
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) metrics.set(name, (current = { type, labels: new Set() }));
    if (line.startsWith('#')) continue;
    const series = /^\w+\{(.*)\} /.exec(line)?.[1] ?? '';
    for (const [, label] of series.matchAll(/(?:^|,)(\w+)="/g)) {
      if (label !== 'service' && label !== 'le') current?.labels.add(label as string);
    }
  }
  return metrics;
}
