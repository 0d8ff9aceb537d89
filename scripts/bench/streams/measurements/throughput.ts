import { callsPerJob } from '../redis-server.ts';
import { chunk, type Session } from './session.ts';

export interface Publishing {
  /** Jobs a second. */
  readonly publishRate: number;
  /** Producer's and Redis's processor time, µs a job. */
  readonly publishCpu: number;
  readonly publishCalls: number;
  /** Bytes of Redis memory a waiting job. */
  readonly bytesWaiting: number;
}

export interface Processing {
  readonly processRate: number;
  /** Consumer's processor time, µs a job. */
  readonly consumerCpu: number;
  /** Redis's processor time, µs a job. */
  readonly redisCpu: number;
  readonly processCalls: number;
}

export const measurePublishing = async ({ redis, producer }: Session, count: number): Promise<Publishing> => {
  const bytesBefore = await redis.dataBytes();
  const before = await redis.use();
  const { beganAt, endedAt, cpuMicros } = await producer.ask({ do: 'publish', count, chunk });
  const after = await redis.use();
  return {
    publishRate: perSecond(count, endedAt - beganAt),
    publishCpu: (cpuMicros + after.cpuMicros - before.cpuMicros) / count,
    publishCalls: callsPerJob(before, after, count),
    bytesWaiting: ((await redis.dataBytes()) - bytesBefore) / count,
  };
};

/** From the consumer's start until the last of `count` waiting jobs was handled; what it costs includes the settling of all. */
export const measureProcessing = async ({ redis, consumer }: Session, count: number): Promise<Processing> => {
  const before = await redis.use();
  await consumer.ask({ do: 'consume' });
  await consumer.ask({ do: 'handled', count });
  const { beganAt, endedAt, cpuMicros } = await consumer.ask({ do: 'settle' });
  const after = await redis.use();
  return {
    processRate: perSecond(count, endedAt - beganAt),
    consumerCpu: cpuMicros / count,
    redisCpu: (after.cpuMicros - before.cpuMicros) / count,
    processCalls: callsPerJob(before, after, count),
  };
};

/** Publishing and consuming at once: jobs a second from the first published to the last handled. */
export const measureBoth = async ({ producer, consumer }: Session, count: number): Promise<number> => {
  await consumer.ask({ do: 'consume' });
  const all = consumer.ask({ do: 'handled', count });
  const { beganAt } = await producer.ask({ do: 'publish', count, chunk });
  await all;
  const { endedAt } = await consumer.ask({ do: 'settle' });
  return perSecond(count, endedAt - beganAt);
};

const perSecond = (count: number, ms: number): number => (count / ms) * 1000;
