import { type Session, chunk } from './session.ts';
import { measureProcessing, measurePublishing } from './throughput.ts';

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
  const { publishRate } = await measurePublishing(session, sample);
  const { processRate } = await measureProcessing(session, sample);
  return { waiting, publishRate, processRate, bytesWaiting };
};
