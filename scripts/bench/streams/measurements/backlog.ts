import { median } from '../statistics.ts';
import { type Session, chunk } from './session.ts';
import { measureBoth, measureProcessing, measurePublishing } from './throughput.ts';

/** Each a fraction of a second long, so that one alone says little. */
const samples = 3;

/**
 * What things cost while so many jobs wait. There is no time from enqueueing to start among them: a new job starts when
 * all that wait have, which is what the rate of processing says.
 */
export interface Backlog {
  readonly waiting: number;
  /** Jobs a second. */
  readonly publishRate: number;
  readonly processRate: number;
  readonly bothRate: number;
  /** Processor time of the process and of Redis, µs a job. */
  readonly publishCpu: number;
  readonly processCpu: number;
  /** Commands of Redis a job. */
  readonly publishCalls: number;
  readonly processCalls: number;
  /** Of Redis memory, a waiting job. */
  readonly bytesWaiting: number;
}

type Sample = Omit<Backlog, 'waiting' | 'bytesWaiting'>;

const takeSample = async (session: Session, count: number): Promise<Sample> => {
  const { publishRate, publishCpu, publishCalls } = await measurePublishing(session, count);
  const { processRate, consumerCpu, redisCpu, processCalls } = await measureProcessing(session, count);
  const bothRate = await measureBoth(session, count);
  return {
    publishRate,
    processRate,
    bothRate,
    publishCpu,
    processCpu: consumerCpu + redisCpu,
    publishCalls,
    processCalls,
  };
};

export const measureBacklog = async (session: Session, waiting: number, most: number): Promise<Backlog> => {
  const bytesBefore = await session.redis.dataBytes();
  await session.producer.ask({ do: 'publish', count: waiting, chunk });
  const bytesWaiting = ((await session.redis.dataBytes()) - bytesBefore) / waiting;
  await session.redis.onDisk();
  const taken: Sample[] = [];
  while (taken.length < samples) taken.push(await takeSample(session, Math.min(most, waiting)));
  const of = (read: (sample: Sample) => number) => median(taken.map(read));
  return {
    waiting,
    publishRate: of((sample) => sample.publishRate),
    processRate: of((sample) => sample.processRate),
    bothRate: of((sample) => sample.bothRate),
    publishCpu: of((sample) => sample.publishCpu),
    processCpu: of((sample) => sample.processCpu),
    publishCalls: of((sample) => sample.publishCalls),
    processCalls: of((sample) => sample.processCalls),
    bytesWaiting,
  };
};
