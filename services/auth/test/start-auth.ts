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
import { createStreams } from '@backend2/streams';
import { runProcess, usePostgres, useRedis, type RunningProcess } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import { argon2PasswordHasher } from '../src/adapters/argon2-password-hasher.ts';

export const secretKey = 'a secret of the tests that is long enough';
export const password = 'correct horse battery staple';

const prepare = async (url: string) => {
  await migrate(url);
};

export const useAuthDatabase = async (t: ExecutionContext) => {
  const servers = await usePostgres(t, { prepare });
  const database = connectDatabase({
    primaryUrl: servers.primaryUrl,
    pool: { size: 0, maxOverflow: 3, timeoutSeconds: 10 },
  });
  t.teardown(() => database.close());
  const hasher = argon2PasswordHasher();
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
      passwordHash: await hasher.hash(password),
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

export const startAuth = async (
  t: ExecutionContext,
  servers: { readonly primaryUrl: string; readonly standbyUrl?: string; readonly redisUrl?: string },
  env: Record<string, string> = {},
): Promise<Auth> => {
  const url = servers.redisUrl ?? (await useRedis(t)).url;
  const start = async (more: Record<string, string> = {}) => {
    const child = runProcess(t, new URL('../src/main.ts', import.meta.url).pathname, {
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
  const child = await start();
  const connection = { kind: 'single', url } as const;
  const streams = createStreams({ connection });
  const client = streams.rpcClient();
  await streams.start();
  await client.start();
  const rpc = rpcClient(client, authRpc, { metrics: createMetrics('test') });
  t.teardown(async () => {
    rpc.close();
    await client.stop();
    await streams.stop();
  });
  return {
    process: child,
    url,
    rpc,
    tokens: accessTokensFrom({
      secretKey,
      previousSecretKeys: [],
      algorithm: 'HS256',
      accessTokenExpireMinutes: 10_080,
    }),
    gateway: async () => {
      const entities = redisEntities(connection, 'app:');
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
    again: start,
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
