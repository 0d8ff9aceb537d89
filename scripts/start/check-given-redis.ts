import { randomUUID } from 'node:crypto';
import { StackError, isSupportedRedis, oldestRedis } from '@backend2/dev-stack';
import { Redis } from 'ioredis';

const wayOut = 'or unset REDIS_URL to have one started here.';

/**
 * Looks at the Redis that REDIS_URL names before anything leans on it.
 *
 * @throws StackError when it does not answer, refuses us, cannot be written, or is too old.
 */
export async function checkGivenRedis(url: string, keyPrefix = 'app:'): Promise<void> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new StackError('REDIS_URL must be a URL such as redis://127.0.0.1:6379.');
  }
  const name = new URL(url).host;
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 5_000 });
  let failure: Error | undefined;
  redis.on('error', (error: Error) => (failure = error));
  try {
    const info = await redis.info('server');
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
    if (!isSupportedRedis(version)) {
      throw new StackError(
        `The Redis at ${name} (REDIS_URL) is ${version}; ${oldestRedis} or newer is needed: name such a one, ${wayOut}`,
      );
    }
    await tryWrite(redis, name, keyPrefix);
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(
      `The Redis at ${name} (REDIS_URL) cannot be used: ${(failure ?? (error as Error)).message}. ` +
        `Start or mend that server, ${wayOut}`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}

async function tryWrite(redis: Redis, name: string, keyPrefix: string): Promise<void> {
  const key = `${keyPrefix}{writable}:${randomUUID()}`;
  try {
    await redis.set(key, '1', 'PX', 10_000);
    await redis.del(key);
  } catch (error) {
    throw new StackError(
      `The Redis at ${name} (REDIS_URL) cannot be written: ${(error as Error).message}. ` +
        `Name its primary, with a user that may write, ${wayOut}`,
      { cause: error },
    );
  }
}
