import type { ChildProcess } from 'node:child_process';
import type { Metrics } from '@backend2/service-kit';

type MetricValues = Awaited<ReturnType<Metrics['registry']['getMetricsAsJSON']>>;

interface MetricsQuestion {
  readonly type: 'metrics?';
  readonly id: number;
}

interface MetricsAnswer {
  readonly type: 'metrics';
  readonly id: number;
  readonly values: MetricValues;
}

const isQuestion = (message: unknown): message is MetricsQuestion =>
  (message as MetricsQuestion | null)?.type === 'metrics?';
const isAnswer = (message: unknown): message is MetricsAnswer =>
  (message as MetricsAnswer | null)?.type === 'metrics';

/** A worker process answers its supervisor's questions for its metrics. */
export const answerMetrics = (metrics: Metrics): void => {
  process.on('message', (message) => {
    if (!isQuestion(message)) return;
    void metrics.registry.getMetricsAsJSON().then((values) => {
      if (process.connected)
        process.send?.({ type: 'metrics', id: message.id, values } satisfies MetricsAnswer);
    });
  });
};

let questions = 0;
const patienceMs = 2000;

/** A worker process's metrics; undefined where it does not answer in time. */
export const askMetrics = (child: ChildProcess): Promise<MetricValues | undefined> => {
  questions += 1;
  const id = questions;
  return new Promise((resolve) => {
    const finish = (values?: MetricValues): void => {
      clearTimeout(timer);
      child.off('message', hear);
      resolve(values);
    };
    const hear = (message: unknown): void => {
      if (isAnswer(message) && message.id === id) finish(message.values);
    };
    const timer = setTimeout(finish, patienceMs);
    child.on('message', hear);
    child.send({ type: 'metrics?', id } satisfies MetricsQuestion, (error) => {
      if (error) finish();
    });
  });
};
