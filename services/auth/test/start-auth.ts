import { randomUUID } from 'node:crypto';
import { authRpc, type AuthRpc, type Principal, type TokenResponse } from '@backend2/contracts';
import { connectDatabase, migrate, userModel } from '@backend2/database';
import {
  accessTokensFrom,
  createMetrics,
  redisEntities,
  revocationList,
  rpcClient,
  silentLog,
  type AccessTokens,
  type RevocationList,
  type TypedRpcClient,
} from '@backend2/service-kit';
import { createStreams, type Streams } from '@backend2/streams';
import {
  runProcess,
  usePostgres,
  useRedis,
  type RunningProcess,
  type TestRedis,
  type TestScope,
} from '@backend2/testkit';
import type { ExecutionContext, TestFn } from 'ava';
import { argon2PasswordHasher } from '../src/adapters/argon2-password-hasher.ts';

export const secretKey = 'a secret of the tests that is long enough';
export const password = 'correct horse battery staple';

const prepare = async (url: string) => {
  await migrate(url);
};

const passwordHash = argon2PasswordHasher().hash(password);

export const useAuthDatabase = async (t: TestScope) => {
  const servers = await usePostgres(t, { prepare });
  const database = connectDatabase({
    primaryUrl: servers.primaryUrl,
    pool: { size: 0, maxOverflow: 3, timeoutSeconds: 10 },
  });
  t.teardown(() => database.close());
  /** Writes straight to the table: what was there before the service came. */
  const addUser = async (
    email: string,
    role: 'user' | 'admin' = 'user',
  ): Promise<Principal & { email: string }> => {
    const id = randomUUID();
    await userModel(database.primary).create({
      id,
      email,
      name: email,
      role,
      passwordHash: await passwordHash,
    });
    return { userId: id, role, email };
  };
  return { ...servers, database, addUser };
};

export interface Auth {
  readonly process: RunningProcess;
  readonly url: string;
  readonly rpc: TypedRpcClient<AuthRpc>;
  readonly tokens: AccessTokens;
  /** What a gateway does: hears of revocations and knows those from before. */
  gateway(): Promise<RevocationList>;
  again(env?: Record<string, string>): Promise<RunningProcess>;
  signIn(email: string, options?: { password?: string; address?: string }): Promise<TokenResponse>;
  refresh(token: string): Promise<TokenResponse>;
}

interface Started extends Pick<Auth, 'process' | 'url' | 'rpc'> {
  readonly streams: Streams;
  readonly startProcess: (more?: Record<string, string>) => Promise<RunningProcess>;
}

const start = async (
  scope: TestScope,
  servers: { readonly primaryUrl: string; readonly standbyUrl?: string },
  url: string,
  env: Record<string, string> = {},
): Promise<Started> => {
  const startProcess = async (more: Record<string, string> = {}) => {
    const child = runProcess(scope, new URL('../src/main.ts', import.meta.url).pathname, {
      env: {
        REDIS_URL: url,
        DATABASE_URL: servers.primaryUrl,
        DATABASE_REPLICA_URLS: servers.standbyUrl ?? '',
        SECRET_KEY: secretKey,
        OPS_PORT: '0',
        DB_POOL_SIZE: '1',
        ...env,
        ...more,
      },
    });
    await child.message((message) => (message as { type?: string }).type === 'ready', 60_000);
    return child;
  };
  const child = await startProcess();
  const streams = createStreams({ connection: { kind: 'single', url } });
  const client = streams.rpcClient();
  await streams.start();
  await client.start();
  const rpc = rpcClient(client, authRpc, { metrics: createMetrics('test') });
  scope.teardown(async () => {
    rpc.close();
    await client.stop();
    await streams.stop();
  });
  return { process: child, url, rpc, streams, startProcess };
};

export const startAuth = async (
  t: ExecutionContext,
  servers: { readonly primaryUrl: string; readonly standbyUrl?: string; readonly redisUrl?: string },
  env: Record<string, string> = {},
): Promise<Auth> => authOf(t, await start(t, servers, servers.redisUrl ?? (await useRedis(t)).url, env));

/** One auth for the serial tests of a file, which must leave it running. Each finds no users and no guesses counted. */
export const sharedAuth = (test: TestFn) => {
  const releases: Parameters<TestScope['teardown']>[0][] = [];
  const scope: TestScope = { teardown: (release) => void releases.unshift(release) };
  const begin = async () => {
    const db = await useAuthDatabase(scope);
    const redis = await useRedis(scope);
    return { db, redis, started: await start(scope, db, redis.url) };
  };
  let shared: ReturnType<typeof begin> | undefined;
  test.after.always('the shared auth', async () => {
    for (const release of releases) await release();
  });
  return async (t: ExecutionContext) => {
    shared ??= begin();
    const { db, redis, started } = await shared;
    await db.database.primary.query('DELETE FROM users');
    await db.waitForStandby();
    await forgetGuesses(redis);
    return { db, auth: authOf(t, started) };
  };
};

const forgetGuesses = async ({ client }: TestRedis): Promise<void> => {
  const keys = await client.keys('app:{sign_in}:*');
  if (keys.length > 0) await client.unlink(...keys);
};

const authOf = (t: ExecutionContext, { process, url, rpc, streams, startProcess }: Started): Auth => {
  return {
    process,
    url,
    rpc,
    tokens: accessTokensFrom({
      secretKey,
      previousSecretKeys: [],
      algorithm: 'HS256',
      accessTokenExpireMinutes: 10_080,
    }),
    gateway: async () => {
      const entities = redisEntities({ kind: 'single', url }, 'app:');
      const list = revocationList({
        streams,
        entities: entities.revocations,
        log: silentLog(),
        keepSeconds: 600,
      });
      t.teardown(async () => {
        await list.stop(AbortSignal.abort());
        await entities.stop(AbortSignal.abort());
      });
      await list.start();
      return list;
    },
    again: startProcess,
    signIn: (email, options = {}) =>
      rpc.call('tokens.issue', {
        grant: { grant_type: 'password', username: email, password: options.password ?? password },
        address: options.address ?? '192.0.2.1',
      }),
    refresh: (token) =>
      rpc.call('tokens.issue', {
        grant: { grant_type: 'refresh_token', refresh_token: token },
        address: '192.0.2.1',
      }),
  };
};
