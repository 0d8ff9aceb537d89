import { audit, authRpc, handedOnTaskEvents, healthAggregatorRpc, taskIntakeRpc } from '@backend2/contracts';
import {
  accessTokensFrom,
  apiKeyVerifier,
  createReadiness,
  heartbeat,
  opsServer,
  redisConnection,
  redisEntities,
  revocationList,
  rpcClient,
  streamsObserver,
  type ErrorTracker,
  type Log,
  type Metrics,
  type Readiness,
  type Service,
} from '@backend2/service-kit';
import { createRedisClient, createStreams } from '@backend2/streams';
import { redisIdempotencyStore } from './adapters/redis-idempotency-store.ts';
import { RedisRateLimitStore } from './adapters/redis-rate-limit-store.ts';
import type { ArtifactFiles } from './artifacts/artifact-files.ts';
import type { GatewayConfig } from './config.ts';
import { EventConnections } from './events/event-connections.ts';
import { EventHub } from './events/event-hub.ts';
import { createApp } from './http/create-app.ts';
import type { Dependencies } from './http/dependencies.ts';
import { httpServer } from './http/http-server.ts';

export interface GatewayParts {
  readonly config: GatewayConfig;
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly errors: Pick<ErrorTracker, 'capture'>;
  readonly artifacts: ArtifactFiles;
  readonly composeSheet: Dependencies['composeSheet'];
}

export interface Gateway {
  /** In the order they start. */
  readonly services: readonly Service[];
  readonly readiness: Readiness;
  ports(): { readonly http: number; readonly ops: number };
}

/** Puts the edge together on a Redis; nothing connects or listens before its services start. */
export const createGateway = (parts: GatewayParts): Gateway => {
  const { config, version, log, metrics, errors, artifacts, composeSheet } = parts;
  const connection = redisConnection(config.redis);
  const prefix = config.redis.keyPrefix;
  const streams = createStreams({
    connection,
    prefix,
    observer: streamsObserver(metrics),
    onWarning: (message, fields) => log.warn(fields, message),
  });
  const tokens = accessTokensFrom(config.security);
  const keepSeconds = tokens.ttlSeconds;
  const entities = redisEntities(connection, prefix, {
    revocationTtlSeconds: keepSeconds,
    onError: (err) => log.warn({ err }, 'a Redis connection failed'),
  });
  const redis = createRedisClient(connection, 'commands');
  redis.on('error', (err: Error) => log.warn({ err }, 'a Redis connection failed'));
  const counters: Service = {
    name: 'edge-redis',
    start: async () => void (await redis.ping()),
    stop: async () => redis.disconnect(),
  };

  const rpc = streams.rpcClient();
  const setup = { metrics, timeoutMs: config.rpcTimeoutMs };
  const auth = rpcClient(rpc, authRpc, setup);
  const health = rpcClient(rpc, healthAggregatorRpc, setup);
  const tasks = rpcClient(rpc, taskIntakeRpc, setup);
  const breakers: Service = {
    name: 'breakers',
    start: async () => undefined,
    stop: async () => {
      auth.close();
      tasks.close();
      health.close();
    },
  };

  const revocations = revocationList({ streams, entities: entities.revocations, log, keepSeconds });
  const auditEntries = streams.publisher(audit);
  const hub = new EventHub(streams.broadcast(handedOnTaskEvents));
  const events = new EventConnections({ hub, revocations, metrics, log, ...config.events });
  const readiness = createReadiness([{ name: 'redis', check: () => streams.checkWritable() }]);
  const loops = () => [revocations, hub];
  const app = createApp({
    config,
    log,
    metrics,
    readiness,
    loops,
    auth,
    health,
    tasks,
    tokens,
    revocations,
    verifyApiKey: apiKeyVerifier({ auth, revocations }),
    events,
    artifacts,
    composeSheet,
    readHealth: async () => (await entities.health.fetch())?.view,
    rateLimitStore: (policy) => new RedisRateLimitStore(redis, `${prefix}{rate:${policy}}:`),
    keepAudit: (entry) => auditEntries.publish(entry),
    idempotencyStore: redisIdempotencyStore(redis, prefix),
    onUnexpected: (error) => errors.capture(error),
  });
  const { host, port, certFile, keyFile } = config.http;
  const http = httpServer({
    host,
    port,
    listener: app,
    onStop: () => events.close(),
    ...(certFile !== '' && { tls: { certFile, keyFile } }),
    onCertificate: (error) => {
      if (error) log.warn({ err: error }, 'the new certificate cannot be used; the former one stays');
      else log.info({}, 'a new certificate is in use');
    },
  });
  const ops = opsServer({ ...config.ops, metrics, readiness, loops });
  return {
    readiness,
    ports: () => ({ http: http.port, ops: ops.port }),
    services: [
      ops,
      streams,
      entities,
      counters,
      heartbeat({ service: 'gateway', version, streams, readiness, log, metrics }),
      rpc,
      breakers,
      revocations,
      hub,
      http,
    ],
  };
};
