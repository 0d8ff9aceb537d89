import { authRpc, workTopics, type Principal } from '@backend2/contracts';
import { assertSchemaCurrent, asUnavailable, connectDatabase } from '@backend2/database';
import {
  accessTokensFrom,
  createReadiness,
  deadLetterHandlers,
  heartbeat,
  loadConfigOrExit,
  metricNames,
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
import { argon2PasswordHasher } from './adapters/argon2-password-hasher.ts';
import { housekeeping } from './adapters/housekeeping.ts';
import { postgresApiKeyStore } from './adapters/postgres-api-key-store.ts';
import { postgresAuditLog } from './adapters/postgres-audit-log.ts';
import { postgresSessionStore } from './adapters/postgres-session-store.ts';
import { postgresUserStore } from './adapters/postgres-user-store.ts';
import { redisService } from './adapters/redis-service.ts';
import { redisSignInThrottle } from './adapters/redis-sign-in-throttle.ts';
import { streamRevocations } from './adapters/stream-revocations.ts';
import { authConfig } from './config.ts';
import { endSession } from './domain/end-session.ts';
import { issueTokens } from './domain/issue-tokens.ts';
import { manageApiKeys } from './domain/manage-api-keys.ts';
import { manageUsers } from './domain/manage-users.ts';
import { requireAdmin } from './domain/require-admin.ts';
import { restoreRevocations } from './domain/restore-revocations.ts';
import { auditRecorder } from './streams/audit-recorder.ts';
import { authHandlers } from './streams/auth-handlers.ts';

const config = loadConfigOrExit(authConfig, process.env);
const version = process.env['BACKEND2_VERSION'] ?? 'development';
const telemetry = await startTelemetry({ service: 'auth', version, config });
const { log, metrics, errors } = telemetry;
const connection = redisConnection(config.redis);
const prefix = config.redis.keyPrefix;
const streams = createStreams({
  connection,
  prefix,
  observer: streamsObserver(metrics),
  onWarning: (message, fields) => log.warn(fields, message),
});
const database = connectDatabase({ ...config.database, applicationName: 'backend2-auth', log });
poolMetrics(metrics, database);
const tokens = accessTokensFrom(config.security);
const entities = redisEntities(connection, prefix, { revocationTtlSeconds: tokens.ttlSeconds });
const redis = createRedisClient(connection, 'commands');

const hashSeconds = metrics.histogram(metricNames.passwordHash, 'Seconds of a password hash');
const signIns = metrics.counter(metricNames.signIns, 'Sign-ins and refreshes', ['outcome']);
const users = postgresUserStore(database);
const sessions = postgresSessionStore(database.primary);
const hasher = argon2PasswordHasher((ms) => hashSeconds.observe(ms / 1000));
const revocations = streamRevocations(streams, entities.revocations, metrics);
const day = 86_400_000;
const throttle = redisSignInThrottle(redis, prefix);
const life = {
  refreshTokenMs: config.sessions.refreshTokenExpireDays * day,
  sessionMs: config.sessions.sessionExpireDays * day,
};
const tokenLifeMs = tokens.ttlSeconds * 1000;
const auditLog = postgresAuditLog(database);
const useCases = {
  issueTokens: issueTokens({
    users,
    sessions,
    hasher,
    throttle,
    tokens,
    revocations,
    life,
    onOutcome: (outcome) => signIns.inc({ outcome }),
  }),
  endSession: endSession(sessions, revocations),
  users: manageUsers({ users, hasher, revocations, throttle }),
  apiKeys: manageApiKeys(postgresApiKeyStore(database.primary), revocations),
  auditLog,
  requireAdmin: (principal: Principal) => requireAdmin(users, principal),
};
const handlers = {
  ...authHandlers(useCases),
  ...deadLetterHandlers(streams, { audit: workTopics.audit }),
};
const rpc = rpcServer(streams, authRpc, handlers, {
  log,
  asDomainError: asUnavailable,
  onUnexpected: (error) => errors.capture(error),
});
const recorder = auditRecorder(streams, auditLog);
const { keepDays } = config.audit;
const chores = housekeeping(
  [
    {
      name: 'restore-revocations',
      everyMs: 15_000,
      run: () =>
        restoreRevocations({ users, sessions, revocations, entities: entities.revocations, tokenLifeMs }),
    },
    {
      name: 'forget-ended-sessions',
      everyMs: 3_600_000,
      run: () => sessions.forgetEnded(new Date(Date.now() - tokenLifeMs - day)),
    },
    {
      name: 'forget-old-audit-entries',
      everyMs: 3_600_000,
      run: async () => keepDays > 0 && auditLog.forget(new Date(Date.now() - keepDays * day)),
    },
  ],
  log,
);
const readiness = createReadiness([
  { name: 'redis', check: () => streams.checkWritable() },
  { name: 'postgres', check: () => database.primary.authenticate() },
]);
const ops = opsServer({ ...config.ops, metrics, readiness, loops: () => [rpc, recorder] });

await runUntilSignal(
  [
    ops,
    database,
    { name: 'schema', start: () => assertSchemaCurrent(database), stop: async () => undefined },
    redisService(redis, log),
    entities,
    streams,
    chores,
    heartbeat({ service: 'auth', version, streams, readiness, log, metrics }),
    recorder,
    rpc,
  ],
  { log, readiness, ...config.ops, ports: () => ({ ops: ops.port }), onExit: () => telemetry.close() },
);
