import type { Job } from './job.ts';

export interface Producer {
  publish(job: Job): Promise<unknown>;
  /** One call of the contender's own bulk form. */
  publishMany(jobs: readonly Job[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface RunningConsumer {
  /** Settles what was handled and leaves. */
  stop(): Promise<void>;
}

export type Handle = (job: Job) => Promise<void>;

/** One way to run jobs over Redis. */
export interface Contender {
  readonly name: ContenderName;
  openProducer(redisUrl: string): Promise<Producer>;
  startConsumer(redisUrl: string, handle: Handle): Promise<RunningConsumer>;
}

export const contenderNames = ['bare', 'backend2', 'bullmq', 'bee-queue'] as const;
export type ContenderName = (typeof contenderNames)[number];

/** Jobs a consumer process runs at once. */
export const slots = 32;
