import { loadContender } from './contenders/index.ts';
import type { Contender, Producer, RunningConsumer } from './contender.ts';
import { makeJob, makeJobs, monotonicMs } from './job.ts';
import type { PeerAnswer, PeerReply, PeerRequest } from './peer-protocol.ts';

// The main module of a process that has one contender in it and does what the bench asks over IPC.

let contender: Contender | undefined;
let redisUrl = '';
let producer: Producer | undefined;
let consumer: RunningConsumer | undefined;
let consumed = newCount();

function newCount() {
  return { beganAt: monotonicMs(), lastAt: 0, cpu: process.cpuUsage(), latencies: [] as number[] };
}

let target = Number.POSITIVE_INFINITY;
let reached: (() => void) | undefined;

const handle = async ({ sentAt }: { readonly sentAt: number }): Promise<void> => {
  // All may be handled before anybody asks whether they are.
  consumed.lastAt = monotonicMs();
  consumed.latencies.push(consumed.lastAt - sentAt);
  if (consumed.latencies.length === target) reached?.();
};

const handled = (count: number): Promise<void> =>
  new Promise((resolve) => {
    if (consumed.latencies.length >= count) resolve();
    else {
      target = count;
      reached = resolve;
    }
  });

const answer = (beganAt: number, endedAt: number, cpu: NodeJS.CpuUsage): PeerAnswer => {
  const { user, system } = process.cpuUsage(cpu);
  return { beganAt, endedAt, cpuMicros: user + system, latencies: [] };
};

const open = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`no ${what} is open`);
  return value;
};

/** In calls of `chunk` jobs, one after the other. */
const publish = async (count: number, chunk: number): Promise<void> => {
  for (let left = count; left > 0; left -= chunk) {
    await open(producer, 'producer').publishMany(makeJobs(Math.min(chunk, left)));
  }
};

/** Singly and at an even rate; a turn that comes late sends what was due. */
const trickle = async (perSecond: number, count: number): Promise<void> => {
  const began = performance.now();
  const sent: Promise<unknown>[] = [];
  const everyMs = Math.max(1, 1000 / perSecond);
  while (sent.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond));
    while (sent.length < due) sent.push(open(producer, 'producer').publish(makeJob(sent.length)));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  await Promise.all(sent);
};

const serve = async (request: PeerRequest): Promise<PeerAnswer> => {
  const beganAt = monotonicMs();
  const cpu = process.cpuUsage();
  switch (request.do) {
    case 'open':
      ({ redisUrl } = request);
      contender = await loadContender(request.contender);
      if (request.role === 'producer') producer = await contender.openProducer(redisUrl);
      break;
    case 'publish':
      await publish(request.count, request.chunk);
      break;
    case 'trickle':
      await trickle(request.perSecond, request.count);
      break;
    case 'consume':
      consumed = newCount();
      target = Number.POSITIVE_INFINITY;
      consumer = await open(contender, 'contender').startConsumer(redisUrl, handle);
      break;
    case 'handled':
      await handled(request.count);
      break;
    case 'settle': {
      await open(consumer, 'consumer').stop();
      consumer = undefined;
      const { latencies, cpu: cpuBefore, lastAt } = consumed;
      return { ...answer(consumed.beganAt, lastAt, cpuBefore), latencies };
    }
    case 'close':
      await producer?.close();
      producer = undefined;
      break;
  }
  return answer(beganAt, monotonicMs(), cpu);
};

const reply = (message: PeerReply) => process.send?.(message);

process.on('message', (request: PeerRequest) => {
  serve(request).then(
    (answered) => reply({ ok: true, answer: answered }),
    (error: unknown) =>
      reply({ ok: false, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
