export * from './config/artifacts-config.ts';
export * from './config/cors-config.ts';
export * from './config/database-config.ts';
export * from './config/load-config.ts';
export * from './config/log-config.ts';
export * from './config/ops-config.ts';
export * from './config/redis-config.ts';
export * from './config/security-config.ts';
export * from './config/sentry-config.ts';
export * from './config/task-backend-config.ts';
export * from './config/tracing-config.ts';
export { secretListText, secretsOf } from './config/value-lists.ts';
export * from './lifecycle/readiness.ts';
export * from './lifecycle/run-until-signal.ts';
export * from './lifecycle/service.ts';
export * from './lifecycle/start-all.ts';
export * from './log/create-log.ts';
export type { LogEntry } from './log/log-destination.ts';
export * from './metrics/closed-label.ts';
export * from './metrics/create-metrics.ts';
export * from './metrics/metric-names.ts';
export * from './metrics/pool-metrics.ts';
export type { Observe } from './metrics/series-histogram.ts';
export * from './metrics/streams-observer.ts';
export * from './ops/heartbeat.ts';
export * from './ops/liveness.ts';
export * from './ops/ops-server.ts';
export * from './outbound/outbound-request.ts';
export { isPublicAddress, PrivateAddressError } from './outbound/private-networks.ts';
export * from './rpc/create-breaker.ts';
export * from './rpc/dead-letter-handlers.ts';
export * from './rpc/rpc-client.ts';
export * from './rpc/rpc-server.ts';
export type { ErrorTracker } from './sentry/start-sentry.ts';
export * from './telemetry/start-telemetry.ts';
export * from './tokens/access-tokens.ts';
export * from './tokens/api-key-verifier.ts';
export type { ConfigRule } from './config/config-rules.ts';
export { redisEntities, type EntityOptions, type RedisEntities } from './entities/redis-entities.ts';
export type { Revocation, RevocationEntities } from './entities/revocation-entities.ts';
export * from './tokens/revocation-list.ts';
export * from './tracing/span.ts';
export * from './tracing/trace-context.ts';
export type { SystemHealthEntity } from './entities/system-health-entity.ts';
export {
  firstGeneration,
  type Generation,
  type TaskResultEntities,
} from './entities/task-result-entities.ts';
