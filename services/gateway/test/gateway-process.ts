import { fileURLToPath } from 'node:url';
import { accessTokens, secretKid, type AccessTokens } from '@backend2/service-kit';
import { createStreams, type Streams } from '@backend2/streams';
import { freePort, runProcess, useRedis, type RunningProcess } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const secret = 'a secret of this test alone, and long enough';
const ttlMinutes = 60;

export interface GatewayProcess {
  /** The same at every start. */
  readonly url: string;
  readonly redisUrl: string;
  readonly streams: Streams;
  readonly tokens: AccessTokens;
  start(): Promise<RunningProcess>;
}

/** The gateway as a process that can be killed and started again, alone on a Redis database; events need no service behind it. */
export const gatewayProcess = async (
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> => {
  const redis = await useRedis(t);
  const port = await freePort();
  const streams = createStreams({ connection: { kind: 'single', url: redis.url }, prefix: 'app:' });
  await streams.start();
  t.teardown(() => streams.stop(AbortSignal.timeout(1000)));
  return {
    url: `http://127.0.0.1:${port}`,
    redisUrl: redis.url,
    streams,
    tokens: accessTokens({
      secrets: [{ kid: secretKid(secret), secret }],
      algorithm: 'HS256',
      ttlMinutes,
    }),
    start: async () => {
      const process = runProcess(t, main, {
        env: {
          REDIS_URL: redis.url,
          SECRET_KEY: secret,
          ACCESS_TOKEN_EXPIRE_MINUTES: String(ttlMinutes),
          PORT: String(port),
          OPS_PORT: '0',
          DASHBOARD_DIR: '/nowhere',
          ...env,
        },
      });
      await process.line(/"msg":"ready"/, 60_000);
      return process;
    },
  };
};
