import { hostname } from 'node:os';
import { openArtifactStore } from '@backend2/artifacts';
import { laneTopics, taskResults, workersGroup, type Lane } from '@backend2/contracts';
import { createEngine } from '@backend2/engines';
import {
  createReadiness,
  heartbeat,
  redisConnection,
  runUntilSignal,
  streamsObserver,
  type Telemetry,
} from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import { answerMetrics } from './child-metrics.ts';
import { cancellations } from './cancellations.ts';
import { costlyInputsOf, handlersByKind, loadHandlers } from './handlers/handler-registry.ts';
import { httpRequest } from './handlers/http-request.ts';
import { imageGenerate } from './handlers/image-generate.ts';
import { sendPulses } from './pulse.ts';
import { deadResult, runSubtask } from './run-subtask.ts';
import type { WorkerConfig } from './worker-config.ts';

/** Beyond a subtask's own time limit: the engine's, should the limit itself fail to end the run. */
const letGoMs = 10_000;

/** One worker process: a consumer of the lane with so many slots, and what its handlers need. */
export const runWorkerProcess = async (
  lane: Lane,
  config: WorkerConfig,
  version: string,
  telemetry: Telemetry,
): Promise<void> => {
  const { log, metrics, errors } = telemetry;
  const service = `${lane}-worker` as const;
  const instance = `${hostname()}-${process.pid}`;
  const streams = createStreams({
    connection: redisConnection(config.redis),
    prefix: config.redis.keyPrefix,
    observer: streamsObserver(metrics),
    onWarning: (message, fields) => log.warn(fields, message),
  });
  const artifacts = openArtifactStore(config.artifacts);
  const handlers = handlersByKind([
    imageGenerate(createEngine(config.engine), metrics),
    httpRequest({ privateHosts: config.privateHosts }),
    ...(await loadHandlers(config.handlers)),
  ]);
  const costlyInputs = costlyInputsOf(handlers);
  let paused = false;
  const cancelled = cancellations({
    streams,
    onLane: (order) => {
      if (order.lane !== lane || order.paused === paused) return;
      paused = order.paused;
      consumer.setConcurrency(paused ? 0 : config.threads);
      log.info({ lane, paused }, 'lane order heard');
    },
  });

  const consumer = streams.consumer(laneTopics[lane], {
    group: workersGroup,
    concurrency: config.threads,
    leaseMs: config.leaseMs,
    maxDeliveries: config.maxDeliveries,
    timeoutMs: ({ payload }) => payload.timeoutMs + letGoMs,
    backoff: { baseMs: 1000, maxMs: 60_000 },
    handler: runSubtask({
      handlers,
      artifacts,
      cancellations: cancelled,
      results: streams.publisher(taskResults),
      worker: instance,
      log,
      metrics,
      onUnexpected: (error) => errors.capture(error),
    }),
    onDead: ({ message, error, reason }) =>
      message.payload === undefined
        ? []
        : [
            {
              topic: taskResults,
              payload: deadResult({ ...message, payload: message.payload }, error, reason),
            },
          ],
  });
  const readiness = createReadiness([
    { name: 'redis', check: () => streams.checkWritable() },
    { name: 'artifacts', check: () => artifacts.check() },
    ...[...handlers.values()].flatMap((handler) =>
      handler.check ? [{ name: handler.kind, check: async () => handler.check?.(), optional: true }] : [],
    ),
  ]);
  answerMetrics(metrics);
  sendPulses(() => Math.max(consumer.idleMs(), cancelled.idleMs()));
  process.on('SIGINT', () => undefined); // a terminal's Ctrl-C reaches the supervisor too, which then says when to stop

  await runUntilSignal(
    [
      streams,
      {
        name: 'handlers',
        start: async () => undefined,
        stop: async () => {
          for (const handler of handlers.values()) await handler.close?.();
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
        work: () => ({
          lane,
          slots: config.threads,
          busy: consumer.inFlight,
          kinds: [...handlers.keys()],
          costlyInputs,
        }),
      }),
      cancelled,
      consumer,
    ],
    {
      log,
      readiness,
      graceMs: config.ops.graceMs,
      signals: ['SIGTERM'],
      tidyLate: true,
      onExit: () => telemetry.close(),
    },
  );
};
