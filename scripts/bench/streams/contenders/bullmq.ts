import { Queue, Worker } from 'bullmq';
import { type Contender, slots } from '../contender.ts';
import type { Job } from '../job.ts';

const name = 'bench';

/**
 * Bulk adds, a worker of as many jobs at once as there are slots, and finished jobs removed at once, as its
 * documentation advises for throughput; all else as it comes.
 */
export const bullmq: Contender = {
  name: 'bullmq',

  async openProducer(url) {
    const queue = new Queue<Job>(name, { connection: { url } });
    await queue.waitUntilReady();
    return {
      publish: (job) => queue.add('job', job),
      publishMany: (jobs) => queue.addBulk(jobs.map((data) => ({ name: 'job', data }))),
      close: () => queue.close(),
    };
  },

  async startConsumer(url, handle) {
    const worker = new Worker<Job>(name, ({ data }) => handle(data), {
      connection: { url, maxRetriesPerRequest: null },
      concurrency: slots,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => console.error('bullmq:', error.message));
    await worker.waitUntilReady();
    return { stop: () => worker.close() };
  },
};
