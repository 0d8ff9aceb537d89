import { closedLabel, metricNames, type Metrics, type Observe } from '@backend2/service-kit';

export type AttemptOutcome = 'succeeded' | 'retried' | 'failed' | 'cancelled';

export interface SubtaskMetrics {
  /** A kind this worker knows, else `other`: a label must not be of a caller's making. */
  kindLabel(kind: string): string;
  ended(kind: string, outcome: AttemptOutcome, ms: number): void;
  failed(kind: string, code: string): void;
}

const runSeconds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

export const subtaskMetrics = (metrics: Metrics, known: ReadonlyMap<string, unknown>): SubtaskMetrics => {
  const seconds = metrics.seriesHistogram(
    metricNames.subtask,
    'Seconds of an attempt at a subtask',
    ['kind', 'outcome'],
    runSeconds,
  );
  const failures = metrics.counter(metricNames.subtaskFailures, 'Attempts that failed', ['kind', 'code']);
  const codeLabel = closedLabel();
  const series = new Map<string, Observe>();
  const observe = (kind: string, outcome: AttemptOutcome): Observe => {
    const key = `${kind} ${outcome}`;
    let found = series.get(key);
    if (found === undefined) series.set(key, (found = seconds.series({ kind, outcome })));
    return found;
  };
  return {
    kindLabel: (kind) => (known.has(kind) ? kind : 'other'),
    ended: (kind, outcome, ms) => observe(kind, outcome)(ms / 1000),
    failed: (kind, code) => failures.inc({ kind, code: codeLabel(code) }),
  };
};
