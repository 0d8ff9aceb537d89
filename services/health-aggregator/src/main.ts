import { healthAggregatorRpc, heartbeats } from '@backend2/contracts';
import { connectDatabase } from '@backend2/database';
import {
  createReadiness,
  heartbeat,
  loadConfigOrExit,
  opsServer,
  redisConnection,
  redisEntities,
  rpcServer,
  runUntilSignal,
  startTelemetry,
  streamsObserver,
} from '@backend2/service-kit';
import { createRedisClient, createStreams } from '@backend2/streams';
import { backlogProbe } from './adapters/backlog-probe.ts';
import { primaryProbe, standbyProbe } from './adapters/postgres-probe.ts';
import { redisProbe } from './adapters/redis-probe.ts';
import { streamProbe } from './adapters/stream-probe.ts';
import { healthAggregatorConfig } from './config.ts';
import { rollCall } from './domain/roll-call.ts';
import { serviceFindings } from './domain/service-findings.ts';
import { healthHandlers } from './health-handlers.ts';
import { healthKeeper } from './health-keeper.ts';
import { healthMetrics } from './health-metrics.ts';
import { probing } from './probing.ts';

const config = loadConfigOrExit(healthAggregatorConfig, process.env);
const version = process.env['BACKEND2_VERSION'] ?? 'development';
const telemetry = await startTelemetry({ service: 'health-aggregator', version, config });
const { log, metrics } = telemetry;
const connection = redisConnection(config.redis);
const prefix = config.redis.keyPrefix;
const streams = createStreams({
  connection,
  prefix,
  observer: streamsObserver(metrics),
  onWarning: (message, fields) => log.warn(fields, message),
});
const onError = (error: Error) => log.debug({ err: error }, 'redis connection failed');
// Should this process die, its last verdict ends soon and gateways say so.
const entities = redisEntities(connection, prefix, { healthTtlSeconds: 10, onError });
const redis = createRedisClient(connection, 'commands');
redis.on('error', onError);
const database = connectDatabase({ ...config.database, pool: { ...config.database.pool, size: 0 }, log });
const primary = primaryProbe(config.database.primaryUrl, 1500, metrics);

const roll = rollCall(config.staleMs);
const ear = streams.broadcast(heartbeats).subscribe({
  handler: ({ payload }) => {
    roll.hear(payload, performance.now());
    if (payload.state === 'stopped') keeper.judge();
  },
});
let redisWasAway = false;
const probes = probing({
  probes: [
    primary,
    standbyProbe(database, metrics),
    redisProbe(streams, redis, metrics),
    streamProbe(streams, metrics),
    backlogProbe(database, metrics),
  ],
  everyMs: config.probeEveryMs,
  timeoutMs: 1900,
  log,
  metrics,
  onLook: ({ name }, ok) => {
    if (name !== 'redis') return;
    // While Redis was away no beat could be heard: silence begins to count again now.
    if (ok && redisWasAway) roll.listenFrom(performance.now());
    redisWasAway = !ok;
  },
});
const keeper = healthKeeper({
  findings: (at) => [...serviceFindings(roll, performance.now(), at), ...probes.findings()],
  entity: entities.health,
  version,
  log,
  onVerdict: healthMetrics(metrics, roll),
});
const rpc = rpcServer(streams, healthAggregatorRpc, healthHandlers(streams), {
  log,
  onUnexpected: (error) => telemetry.errors.capture(error),
});
const readiness = createReadiness([{ name: 'redis', check: () => streams.checkWritable() }]);
const ops = opsServer({ ...config.ops, metrics, readiness, loops: () => [ear, keeper, rpc] });

await runUntilSignal(
  [
    ops,
    // Judges a database that is away, so it does not wait for one.
    { name: 'database', start: async () => undefined, stop: () => database.close() },
    { name: 'primary-probe', start: async () => undefined, stop: () => primary.close() },
    entities,
    streams,
    { name: 'redis', start: async () => undefined, stop: async () => redis.disconnect() },
    {
      name: 'heartbeats',
      start: async () => {
        await ear.start();
        roll.listenFrom(performance.now());
      },
      stop: (hard) => ear.stop(hard),
    },
    probes,
    keeper,
    rpc,
    heartbeat({ service: 'health-aggregator', version, streams, readiness, log, metrics }),
  ],
  { log, readiness, ...config.ops, ports: () => ({ ops: ops.port }), onExit: () => telemetry.close() },
);
