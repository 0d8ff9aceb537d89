import { control, taskIntakeRpc, workTopics, type Lane } from '@backend2/contracts';
import { assertSchemaCurrent, asUnavailable, connectDatabase } from '@backend2/database';
import {
  createReadiness,
  deadLetterHandlers,
  heartbeat,
  loadConfigOrExit,
  opsServer,
  poolMetrics,
  redisConnection,
  redisEntities,
  rpcServer,
  runUntilSignal,
  startTelemetry,
  streamsObserver,
} from '@backend2/service-kit';
import { createRedisClient, createStreams } from '@backend2/streams';
import { postgresDispatchStore } from './adapters/postgres-dispatch-store.ts';
import { postgresLaneLock } from './adapters/postgres-lane-lock.ts';
import { postgresLaneStore } from './adapters/postgres-lane-store.ts';
import { postgresQuotaStore } from './adapters/postgres-quota-store.ts';
import { postgresRecorderStore } from './adapters/postgres-recorder-store.ts';
import { postgresStopOrders } from './adapters/postgres-stop-orders.ts';
import { redisTaskResults } from './adapters/redis-task-results.ts';
import { redisWritePositions } from './adapters/redis-write-positions.ts';
import type { TaskRow } from './adapters/task-rows.ts';
import { taskIntakeConfig } from './config.ts';
import { deadLetterBound } from './dead-letter-bound.ts';
import { laneDispatcher } from './dispatcher/lane-dispatcher.ts';
import { laneHold } from './dispatcher/lane-hold.ts';
import { RunTimes } from './domain/run-times.ts';
import { changeTeller } from './events/change-teller.ts';
import { taskEventPublisher } from './events/task-event-publisher.ts';
import { resultRecorder } from './recorder/result-recorder.ts';
import { scheduler } from './scheduler/scheduler.ts';
import { stopTeller } from './stop-teller.ts';
import { laneHandlers } from './streams/lane-handlers.ts';
import { laneKinds } from './streams/lane-kinds.ts';
import { laneSlots } from './streams/lane-slots.ts';
import { quotaHandlers } from './streams/quota-handlers.ts';
import { readYourWrites } from './streams/read-your-writes.ts';
import { redriveSubtask } from './streams/redrive-subtask.ts';
import { scheduleHandlers } from './streams/schedule-handlers.ts';
import { taskIntakeHandlers } from './streams/task-intake-handlers.ts';
import { createWebhooks } from './webhooks/create-webhooks.ts';

/** Until a look has found that a standby is behind by more than may be. */
const beyondLagMs = 5000;

const version = process.env['BACKEND2_VERSION'] ?? 'development';
const config = loadConfigOrExit(taskIntakeConfig, process.env);
const telemetry = await startTelemetry({ service: 'task-intake', version, config });
const { log, metrics, errors } = telemetry;
const connection = redisConnection(config.redis);
const prefix = config.redis.keyPrefix;
const streams = createStreams({
  connection,
  prefix,
  observer: streamsObserver(metrics),
  onWarning: (message, fields) => log.warn(fields, message),
});
const database = connectDatabase({ ...config.database, log });
poolMetrics(metrics, database);
const readiness = createReadiness([
  { name: 'redis', check: () => streams.checkWritable() },
  { name: 'postgres', check: () => database.primary.authenticate() },
]);

const redis = createRedisClient(connection, 'commands');
redis.on('error', (err: Error) => log.warn({ err }, 'a Redis connection failed'));
const positions = redisWritePositions(redis, prefix, config.database.maxLagMs + beyondLagMs);
const reads = readYourWrites(database, positions, log);

const { apiPrefix } = config;
const entities = redisEntities(connection, prefix, {
  resultTtlSeconds: config.backend.resultTtl,
  resultBudget: config.backend.resultMemory,
  onError: (err) => log.warn({ err }, 'a Redis connection failed'),
});
const results = redisTaskResults(entities.results, { apiPrefix, log });
const { primary } = database;
const webhooks = createWebhooks({ config, primary, streams, metrics, log });
const events = taskEventPublisher(streams, webhooks.relay.hint);
const told = changeTeller(events, log);
const slots = laneSlots({ streams, onBeat: (lane) => kinds.heard(lane) });
const laneStore = postgresLaneStore(primary);
const kinds = laneKinds({ store: laneStore, work: (lane) => slots.work(lane), log });
const orders = streams.broadcast(control);
const runTimes = new RunTimes();
const lock = postgresLaneLock(config.database.primaryUrl);
const store = postgresDispatchStore(primary);
const dispatcherOf = (lane: Lane) =>
  laneDispatcher({
    lane,
    store,
    lock,
    streams,
    events,
    slots: () => slots.slots(lane),
    hold: laneHold({
      lane,
      isPaused: (held) => laneStore.isPaused(held),
      order: (message) => orders.publish(message),
      log: log.child({ lane }),
      metrics,
    }),
    log,
    metrics,
  });
const dispatchers = { standard: dispatcherOf('standard'), lumina: dispatcherOf('lumina') };

const recorder = resultRecorder({
  streams,
  store: postgresRecorderStore(primary, apiPrefix),
  events,
  metrics,
  log,
  apiPrefix,
  runTimes,
  results,
  onWritten: (taskIds) => reads.recorded(taskIds),
  onEnded: (lane, runs) => dispatchers[lane].progressed(runs),
  onDataLost: () => {
    for (const dispatcher of Object.values(dispatchers)) dispatcher.reconcile();
  },
});

const stops = stopTeller(
  postgresStopOrders(primary),
  async (stop) => void (await orders.publishMany(stop.map((order) => ({ type: 'cancel', ...order })))),
  log,
);

const limits = (lane: Lane) => ({
  maxSubtasks: config.maxSubtasksPerTask,
  offered: kinds.of(lane),
});
const onSubmitted = (task: TaskRow): void => {
  const { id, total, lane, kind, owner_id: userId } = task;
  log.info({ taskId: id, subtasks: total, lane, kind, userId }, 'task accepted');
  dispatchers[lane].wake();
  told.tell((to) => to.publish([task]));
};
const submissions = { primary, quotas: postgresQuotaStore(primary, config.quotas), limits, onSubmitted };
const onUnexpected = (error: unknown): void => errors.capture(error);
const schedules = scheduler({ ...submissions, onUnexpected, log, metrics });

const taskHandlers = taskIntakeHandlers({
  ...submissions,
  reads,
  results,
  tell: told.tell,
  estimateSeconds: (lane, kind, subtasks) =>
    runTimes.estimateSeconds(lane, kind, subtasks, slots.slots(lane)),
  wakeStopTeller: stops.wake,
  wakeDispatcher: (lane) => dispatchers[lane].wake(),
  apiPrefix,
});

const rpc = rpcServer(
  streams,
  taskIntakeRpc,
  {
    ...laneHandlers({ store: laneStore, slots, kinds, log }),
    ...quotaHandlers(submissions.quotas, log),
    ...scheduleHandlers({ ...submissions, log }),
    ...webhooks.handlers,
    ...taskHandlers,
    ...deadLetterHandlers(streams, {
      standard_tasks: {
        ...workTopics.standard_tasks,
        redrive: redriveSubtask(taskHandlers['subtasks.retry']),
      },
      lumina_tasks: { ...workTopics.lumina_tasks, redrive: redriveSubtask(taskHandlers['subtasks.retry']) },
      task_results: workTopics.task_results,
      webhook_deliveries: workTopics.webhook_deliveries,
    }),
  },
  { log, asDomainError: asUnavailable, onUnexpected },
);

const deadLetters = deadLetterBound({ streams, most: config.maxDeadLettersPerLane, log, metrics });

const loops = [
  slots,
  recorder,
  stops,
  told,
  rpc,
  dispatchers.standard,
  dispatchers.lumina,
  schedules,
  webhooks.relay,
  webhooks.deliverer,
  deadLetters,
];
const ops = opsServer({ ...config.ops, metrics, readiness, loops: () => loops });

await runUntilSignal(
  [
    ops,
    database,
    { name: 'schema', start: () => assertSchemaCurrent(database), stop: async () => undefined },
    streams,
    entities,
    { name: 'redis', start: async () => void (await redis.ping()), stop: async () => redis.disconnect() },
    heartbeat({ service: 'task-intake', version, streams, readiness, log, metrics }),
    kinds,
    webhooks.reseal,
    webhooks.relay,
    webhooks.deliverer,
    slots,
    recorder,
    stops,
    told,
    rpc,
    dispatchers.standard,
    dispatchers.lumina,
    schedules,
    deadLetters,
  ],
  { log, readiness, ...config.ops, ports: () => ({ ops: ops.port }), onExit: () => telemetry.close() },
);
