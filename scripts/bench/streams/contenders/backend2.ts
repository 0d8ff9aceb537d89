import { createMetrics, streamsObserver } from '@backend2/service-kit';
import { createStreams, type Topic } from '@backend2/streams';
import { type Contender, slots } from '../contender.ts';
import type { Job } from '../job.ts';

const topic: Topic<Job> = {
  name: 'bench',
  maxLength: 5_000_000,
  parse(value) {
    const job = value as Job;
    if (typeof job.n !== 'number' || typeof job.prompt !== 'string') throw new TypeError('not a job');
    return job;
  },
};

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const timeoutMs = 60_000;

const open = async (url: string) => {
  const streams = createStreams({
    connection: { kind: 'single', url },
    prefix: 'bench:',
    observer: streamsObserver(createMetrics('bench')),
  });
  await streams.start();
  return streams;
};

/** With everything on that a service has on: leases, deliveries counted, retries, dead letters, a timeout, a trace, a most length, metrics. */
export const backend2: Contender = {
  name: 'backend2',

  async openProducer(url) {
    const streams = await open(url);
    const publisher = streams.publisher(topic);
    return {
      publish: (job) => publisher.publish(job, { trace }),
      publishMany: (jobs) => publisher.publishMany(jobs.map((payload) => ({ payload, options: { trace } }))),
      close: () => streams.stop(),
    };
  },

  async startConsumer(url, handle) {
    const streams = await open(url);
    const consumer = streams.consumer(topic, {
      group: 'bench',
      concurrency: slots,
      timeoutMs,
      handler: ({ payload }) => handle(payload),
    });
    await consumer.start();
    return {
      async stop() {
        await consumer.stop();
        await streams.stop();
      },
    };
  },
};
