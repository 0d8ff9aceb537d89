import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContactSheet } from '@backend2/artifacts';
import type { Role } from '@backend2/contracts';
import {
  accessTokensFrom,
  createMetrics,
  loadConfig,
  redisConnection,
  silentLog,
  startAll,
  type AccessTokens,
} from '@backend2/service-kit';
import { createStreams, type Streams } from '@backend2/streams';
import { useRedis } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import { gatewayConfig } from '../src/config.ts';
import { createGateway } from '../src/create-gateway.ts';
import { answeringServices, type AuthAnswers, type TaskAnswers } from './answering-services.ts';
import { checkResponses } from './checked-responses.ts';
import { memoryArtifacts } from './memory-artifacts.ts';

export interface TestGatewayOptions {
  readonly auth?: AuthAnswers;
  readonly tasks?: TaskAnswers;
  readonly files?: Map<string, Buffer>;
  readonly env?: Readonly<Record<string, string>>;
  /** Of a gateway whose Redis and services this one shares. */
  readonly beside?: TestGateway;
  readonly composeSheet?: (sheet: ContactSheet) => Promise<Uint8Array>;
}

export interface TestGateway {
  readonly url: string;
  readonly redisUrl: string;
  readonly streams: Streams;
  readonly tokens: AccessTokens;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Errors nobody meant to happen. */
  readonly unexpected: unknown[];
  /** An `Authorization` header. */
  as(userId: string, role?: Role): Record<string, string>;
  stop(): Promise<void>;
}

/** The gateway on a port of its own and a Redis database of its own, with services that answer what the test says. */
export const startGateway = async (
  t: ExecutionContext,
  options: TestGatewayOptions = {},
): Promise<TestGateway> => {
  const redisUrl = options.beside?.redisUrl ?? (await useRedis(t)).url;
  const dashboardDir = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  t.teardown(() => rm(dashboardDir, { recursive: true, force: true }));
  const config = loadConfig(gatewayConfig(false), {
    REDIS_URL: redisUrl,
    PORT: '0',
    OPS_PORT: '0',
    DASHBOARD_DIR: dashboardDir,
    RPC_TIMEOUT: '20s',
    ...options.env,
  });
  const metrics = createMetrics('gateway');
  const unexpected: unknown[] = [];
  const gateway = createGateway({
    config,
    version: 'test',
    log: silentLog(),
    metrics,
    errors: { capture: (error) => void unexpected.push(error) },
    artifacts: memoryArtifacts(options.files ?? new Map()),
    composeSheet: options.composeSheet ?? (async () => new Uint8Array()),
  });
  const connection = redisConnection(config.redis);
  const streams = createStreams({ connection, prefix: config.redis.keyPrefix });
  const services = options.beside ? [] : answeringServices(streams, options.auth ?? {}, options.tasks ?? {});
  const stopAll = await startAll([streams, ...services, ...gateway.services]);
  gateway.readiness.enter('ready');
  const stop = (): Promise<void> => stopAll(AbortSignal.timeout(1000));
  t.teardown(stop);
  const tokens = accessTokensFrom(config.security);
  const url = `http://127.0.0.1:${gateway.ports().http}`;
  checkResponses(t, url);
  return {
    url,
    redisUrl,
    streams,
    tokens,
    metrics,
    unexpected,
    as: (userId, role = 'user') => ({
      authorization: `Bearer ${tokens.sign({ userId, role, sessionId: 'session-1' }).token}`,
    }),
    stop,
  };
};
