import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@backend2/dev-stack';
import { testServerEnvironment } from './test-servers.ts';

const testDatabases = 4096;

/** Real servers in folders of their own that vanish with them, tuned for tests: a crash may lose data. */
export async function startTestServers(): Promise<{
  environment: Record<string, string>;
  stop(): Promise<void>;
}> {
  const folder = (name: string) => {
    const dir = mkdtempSync(join(tmpdir(), `backend2-test-${name}-`));
    chmodSync(dir, 0o711); // as root, Postgres runs as another user who must pass through
    return dir;
  };
  const postgresDir = folder('postgres');
  const redisDir = folder('redis');
  const clean = () => {
    for (const dir of [postgresDir, redisDir]) rmSync(dir, { recursive: true, force: true });
  };
  const [postgres, redis] = await Promise.allSettled([
    startPostgres({
      dir: postgresDir,
      database: 'postgres',
      durable: false,
      maxConnections: 400,
      removeOnDeath: true,
    }),
    startRedis({ dir: redisDir, durable: false, databases: testDatabases, removeOnDeath: true }),
  ]);
  const stop = async () => {
    await Promise.all([
      redis.status === 'fulfilled' ? redis.value.kill() : undefined,
      postgres.status === 'fulfilled' ? postgres.value.stop() : undefined,
    ]);
    clean();
  };
  if (postgres.status === 'rejected' || redis.status === 'rejected') {
    await stop();
    throw postgres.status === 'rejected' ? postgres.reason : (redis as PromiseRejectedResult).reason;
  }
  const { primary, standby } = postgres.value;
  return {
    stop,
    environment: testServerEnvironment({
      redisUrl: redis.value.url,
      postgresUrl: primary.url,
      standbyUrl: standby?.url ?? primary.url,
      run: `r${process.pid}`,
    }),
  };
}
