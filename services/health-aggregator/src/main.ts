import { connectDatabase } from '@backend2/database';
import {
  createLog,
  createMetrics,
  createReadiness,
  heartbeat,
  loadConfig,
  opsServer,
  redisConnection,
  redisEntities,
  runUntilSignal,
  startSentry,
  streamsObserver,
} from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import { probeStores } from './adapters/probe-stores.ts';
import { healthAggregatorConfig } from './config.ts';
import { healthLoop } from './health-loop.ts';

const service = 'health-aggregator';
const version = process.env['BACKEND2_VERSION'] ?? 'development';
const config = loadConfig(healthAggregatorConfig, process.env);
const log = createLog(service, config.log);
const metrics = createMetrics(service);
const errors = await startSentry(service, version, config.sentry);
const connection = redisConnection(config.redis);
const prefix = config.redis.keyPrefix;
const streams = createStreams({
  connection,
  prefix,
  observer: streamsObserver(metrics),
  onWarning: (message, fields) => log.warn(fields, message),
});
const entities = redisEntities(connection, prefix, {
  onError: (error) => log.warn({ err: error }, 'Redis connection'),
});
const database = connectDatabase({ ...config.database, log });
const loop = healthLoop({
  streams,
  entities,
  probe: () => probeStores(database, streams, metrics),
  log,
  metrics,
});
const readiness = createReadiness([{ name: 'redis', check: () => streams.checkWritable() }]);
const ops = opsServer({ ...config.ops, metrics, readiness, loops: () => [loop] });
const beat = heartbeat({ service, version, streams, readiness, log, metrics });

await runUntilSignal([ops, database, streams, entities, loop, beat], {
  log,
  readiness,
  ...config.ops,
  ports: () => ({ ops: ops.port }),
  onExit: () => errors.flush(),
});
