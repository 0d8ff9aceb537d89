import BeeQueue from 'bee-queue';
import { type Contender, slots } from '../contender.ts';
import type { Job } from '../job.ts';

const name = 'bench';

/** Bulk saves, finished jobs removed, and none of the events that nobody here listens to. */
const open = async (url: string, isWorker: boolean) => {
  const queue = new BeeQueue<Job>(name, {
    redis: { url },
    isWorker,
    getEvents: false,
    sendEvents: false,
    storeJobs: false,
    removeOnSuccess: true,
    removeOnFailure: true,
  });
  queue.on('error', (error) => console.error('bee-queue:', error.message));
  await queue.ready();
  return queue;
};

export const beeQueue: Contender = {
  name: 'bee-queue',

  async openProducer(url) {
    const queue = await open(url, false);
    return {
      publish: (job) => queue.createJob(job).save(),
      async publishMany(jobs) {
        const [failed] = (await queue.saveAll(jobs.map((job) => queue.createJob(job)))).values();
        if (failed) throw failed;
      },
      close: () => queue.close(),
    };
  },

  async startConsumer(url, handle) {
    const queue = await open(url, true);
    queue.process(slots, ({ data }) => handle(data));
    return { stop: () => queue.close() };
  },
};
