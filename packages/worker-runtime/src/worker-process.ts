import { hostname } from 'node:os';
import { diskArtifactStore } from '@backend2/artifacts';
import { laneTopics, taskResults, workersGroup, type Lane } from '@backend2/contracts';
import { createEngine } from '@backend2/engines';
import {
  createMetrics,
  createReadiness,
  heartbeat,
  redisConnection,
  runUntilSignal,
  startSentry,
  streamsObserver,
  type Log,
} from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import { answerMetrics } from './child-metrics.ts';
import { cancellations } from './cancellations.ts';
import type { TaskHandler } from './handlers/handler.ts';
import { imageGenerate } from './handlers/image-generate.ts';
import { deadResult, runSubtask } from './run-subtask.ts';
import type { WorkerConfig } from './worker-config.ts';

/** One worker process: a consumer of the lane with so many slots, and what its handlers need. */
export const runWorkerProcess = async (
  lane: Lane,
  config: WorkerConfig,
  version: string,
  log: Log,
): Promise<void> => {
  const service = `${lane}-worker` as const;
  const instance = `${hostname()}-${process.pid}`;
  const metrics = createMetrics(service);
  const errors = await startSentry(service, version, config.sentry);
  const streams = createStreams({
    connection: redisConnection(config.redis),
    prefix: config.redis.keyPrefix,
    observer: streamsObserver(metrics),
    onWarning: (message, fields) => log.warn(fields, message),
  });
  const artifacts = diskArtifactStore({ folder: config.artifactsDir });
  const cancelled = cancellations(streams);
  const handlers = new Map<string, TaskHandler>();
  const image = imageGenerate(createEngine(config.engine), metrics);
  handlers.set(image.kind, image as TaskHandler);

  const consumer = streams.consumer(laneTopics[lane], {
    group: workersGroup,
    concurrency: config.threads,
    leaseMs: config.leaseMs,
    backoff: { baseMs: 1000, maxMs: 60_000 },
    handler: runSubtask({
      handlers,
      artifacts,
      cancellations: cancelled,
      results: streams.publisher(taskResults),
      worker: instance,
      log,
    }),
    // The handler reports what it saw fail; left are entries that killed their workers.
    onDead: ({ message, error, reason }) =>
      message.payload === undefined || reason !== 'deliveries-exhausted'
        ? []
        : [{ topic: taskResults, payload: deadResult({ ...message, payload: message.payload }, error) }],
  });
  const readiness = createReadiness([
    { name: 'redis', check: () => streams.checkWritable() },
    { name: 'artifacts', check: () => artifacts.check() },
    ...[...handlers.values()].flatMap(({ kind, check }) =>
      check ? [{ name: kind, check, optional: true }] : [],
    ),
  ]);
  answerMetrics(metrics);

  await runUntilSignal(
    [
      streams,
      {
        name: 'handlers',
        start: async () => undefined,
        stop: async () => {
          for (const { close } of handlers.values()) await close?.();
        },
      },
      heartbeat({
        service,
        version,
        streams,
        readiness,
        log,
        metrics,
        instance,
        work: () => ({ lane, slots: config.threads, busy: consumer.inFlight, kinds: [...handlers.keys()] }),
      }),
      cancelled,
      consumer,
    ],
    { log, readiness, graceMs: config.ops.graceMs, onExit: () => errors.flush() },
  );
};
