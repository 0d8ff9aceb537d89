import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usePostgres, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import S3rver from 's3rver';
import { createAdmin, migrateDatabase, runToEnd, startSystem } from './start-system.ts';

const folder = (t: ExecutionContext, name: string): string => {
  const path = mkdtempSync(join(tmpdir(), `backend2-${name}-`));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

test('with a bucket, pictures go into it and come out of it, no folder is used, and a backup lists them', async (t) => {
  t.timeout(300_000);
  const kept = folder(t, 's3');
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: kept });
  const { port } = await server.run();
  t.teardown(() => server.close());
  const [postgres, redis] = await Promise.all([usePostgres(t), useRedis(t)]);
  const unused = join(folder(t, 'unused'), 'artifacts');
  const backups = folder(t, 'backups');
  const env = {
    DATABASE_URL: postgres.primaryUrl,
    REDIS_URL: redis.url,
    ARTIFACTS_STORE: 's3',
    ARTIFACTS_DIR: unused,
    ARTIFACTS_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    ARTIFACTS_S3_BUCKET: 'pictures',
    ARTIFACTS_S3_ACCESS_KEY_ID: 'S3RVER',
    ARTIFACTS_S3_SECRET_ACCESS_KEY: 'S3RVER',
    BACKUP_DIR: backups,
  };
  t.regex(await runToEnd(t, 'packages/operations/src/make-bucket-command.ts', env), /bucket pictures/);
  await migrateDatabase(t, env);
  const { client } = await startSystem(t, env, await createAdmin(t, env));

  const task = await client.tasks.create({
    name: 'kept in a bucket',
    kind: 'image.generate',
    input: { prompts: [{ value: 'a lake' }], ratio: '8:1', seed: 1 },
  });
  const finished = await client.tasks.waitUntilFinished(task.id);
  t.is(finished.state, 'succeeded');
  const [artifact] = (await client.tasks.subtask(task.id, 0)).artifacts;
  const bytes = await client.artifacts.get(artifact?.id ?? '');
  const hash = createHash('sha256').update(bytes).digest('hex');
  t.true(readdirSync(join(kept, 'pictures', hash.slice(0, 2))).some((name) => name.startsWith(`${hash}.`)));
  const small = await client.artifacts.get(artifact?.id ?? '', { width: 256 });
  t.true(small.length > 0 && small.length < bytes.length, 'a thumbnail is made and kept beside it');
  t.false(existsSync(unused));

  const said = await runToEnd(t, 'packages/operations/src/backup-command.ts', env, [
    '--redis',
    'none',
    '--format',
    'copy',
  ]);
  t.regex(said, /Artifacts: 1 listed, \d+ bytes, not copied/);
  t.false(
    readdirSync(backups).some((name) => name === 'artifacts' && readdirSync(join(backups, name)).length > 0),
  );
});
