import { StackError, isSupportedRedis, oldestRedis } from '@backend2/dev-stack';
import { Redis } from 'ioredis';

/**
 * Looks at the Redis that REDIS_URL names before anything leans on it.
 *
 * @throws StackError when it does not answer, refuses us, cannot be written, or is too old.
 */
export async function checkGivenRedis(url: string): Promise<void> {
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
        `The Redis at ${name} (REDIS_URL) is ${version}; ${oldestRedis} or newer is needed.`,
      );
    }
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(
      `The Redis at ${name} (REDIS_URL) cannot be used: ${(failure ?? (error as Error)).message}. ` +
        'Start or mend that server, or unset REDIS_URL to have one started here.',
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}
