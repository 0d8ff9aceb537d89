import { median } from '../statistics.ts';
import { type Session, chunk } from './session.ts';
import { measureProcessing, measurePublishing } from './throughput.ts';

/** Each a fraction of a second long, so that one alone says little. */
const samples = 3;

/** What things cost while so many jobs wait. */
export interface Backlog {
  readonly waiting: number;
  /** Jobs a second. */
  readonly publishRate: number;
  readonly processRate: number;
  /** Of Redis memory, a waiting job. */
  readonly bytesWaiting: number;
}

export const measureBacklog = async (session: Session, waiting: number, most: number): Promise<Backlog> => {
  const sample = Math.min(most, waiting);
  const bytesBefore = await session.redis.dataBytes();
  await session.producer.ask({ do: 'publish', count: waiting, chunk });
  const bytesWaiting = ((await session.redis.dataBytes()) - bytesBefore) / waiting;
  await session.redis.onDisk();
  const publishRates: number[] = [];
  const processRates: number[] = [];
  for (let taken = 0; taken < samples; taken += 1) {
    publishRates.push((await measurePublishing(session, sample)).publishRate);
    processRates.push((await measureProcessing(session, sample)).processRate);
  }
  return { waiting, publishRate: median(publishRates), processRate: median(processRates), bytesWaiting };
};
