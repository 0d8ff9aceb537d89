import { quantile } from '../statistics.ts';
import type { Session } from './session.ts';

export interface Latency {
  /** Milliseconds from enqueueing to the handler's start. */
  readonly p50: number;
  readonly p99: number;
}

/** Jobs published singly, at an even rate, to a consumer that is there; the first tenth is left out. */
export const measureLatency = async (
  { producer, consumer }: Session,
  perSecond: number,
  count: number,
): Promise<Latency> => {
  await consumer.ask({ do: 'consume' });
  await producer.ask({ do: 'trickle', perSecond, count });
  await consumer.ask({ do: 'handled', count });
  const { latencies } = await consumer.ask({ do: 'settle' });
  const steady = latencies.slice(Math.floor(latencies.length / 10));
  return { p50: quantile(steady, 0.5), p99: quantile(steady, 0.99) };
};
