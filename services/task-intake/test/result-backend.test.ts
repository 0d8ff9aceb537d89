import { DomainError } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { startOwnPostgres, until } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import { aUser, startIntake } from './intake-process.ts';

test('a finished result is answered from Redis while Postgres answers nobody, and by Postgres once Redis has lost it', async (t) => {
  const { primary, standby } = await startOwnPostgres(t);
  await migrate(primary.url);
  // The names of an older deployment.
  const env = {
    DRAMATIQ_BROKER: 'redis',
    DRAMATIQ_RESULT_BACKEND: 'redis',
    DRAMATIQ_RESULT_TTL: '777',
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URLS: standby?.url ?? '',
  };
  const intake = await startIntake(t, env);
  const { rpc, user: principal } = intake;
  const artifact = {
    id: '0198b7a4-6f7e-7c3a-9a45-000000000abc',
    key: 'somewhere/secret',
    contentType: 'image/png',
    bytes: 7,
    sha256: 'a'.repeat(64),
    width: 8,
  };
  await intake.startWorker(async ({ ordinal }) =>
    ordinal === 1
      ? { type: 'failed', error: { code: 'no_good', message: 'no good' }, durationMs: 3 }
      : { result: { seed: ordinal }, artifacts: ordinal === 2 ? [artifact] : [], durationMs: 5 },
  );
  const { id: taskId } = await intake.submit({});
  await intake.finished(taskId);

  const redis = new Redis(intake.redisUrl);
  t.teardown(() => redis.disconnect());
  const keys = await until(
    async () => {
      const found = await redis.keys('app:task_result:*');
      return found.length === 4 && found;
    },
    { what: 'the results kept, which are written to Postgres first' },
  );
  const ask = (ordinal: number) => rpc.call('subtasks.result', { principal, taskId, ordinal });
  t.teardown(() => {
    primary.resume();
    standby?.resume();
  });
  primary.pause();
  standby?.pause();
  const kept = await Promise.all([0, 1, 2, 3].map(ask));
  primary.resume();
  standby?.resume();
  t.deepEqual(
    kept.map(({ state, result, error, durationMs }) => ({ state, result, error, durationMs })),
    [
      { state: 'succeeded', result: { seed: 0 }, error: null, durationMs: 5 },
      { state: 'failed', result: null, error: { code: 'no_good', message: 'no good' }, durationMs: 3 },
      { state: 'succeeded', result: { seed: 2 }, error: null, durationMs: 5 },
      { state: 'succeeded', result: { seed: 3 }, error: null, durationMs: 5 },
    ],
  );
  t.is(kept[2]?.artifacts[0]?.url, `/api/v1/artifacts/${artifact.id}`);
  t.notRegex(JSON.stringify(kept), /secret|sha256/);

  for (const key of keys) {
    const ttl = await redis.ttl(key);
    t.true(ttl > 600 && ttl <= 777, `${key} ${ttl}`);
  }
  await redis.unlink(...keys);
  const stored = await until(() => Promise.all([0, 1, 2, 3].map(ask)), { what: 'Postgres back' });
  t.deepEqual(stored, kept);
});

test("a result is only its owner's and an admin's, and gone with a retry, a deletion, and for a subtask that is not there", async (t) => {
  const intake = await startIntake(t);
  const { rpc, user } = intake;
  let broken = true;
  const gate = Promise.withResolvers<void>();
  await intake.startWorker(async ({ ordinal }) => {
    if (ordinal === 1 && broken) return { type: 'failed', error: { code: 'no_good', message: 'no good' } };
    if (ordinal === 1) await gate.promise;
    return { result: ordinal };
  });
  const { id: taskId } = await intake.submit({});
  await intake.finished(taskId);
  const ask = (ordinal: number, principal = user) =>
    rpc.call('subtasks.result', { principal, taskId, ordinal });
  const refused = async (call: Promise<unknown>) =>
    t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'not_found');

  t.is((await ask(0)).result, 0);
  t.is((await ask(0, aUser('admin'))).result, 0);
  await refused(ask(0, aUser()));
  await refused(ask(4));

  t.is((await ask(1)).state, 'failed');
  broken = false;
  await rpc.call('subtasks.retry', { principal: user, taskId, ordinal: 1 });
  const again = await ask(1);
  t.true(['pending', 'queued', 'running'].includes(again.state), again.state);
  t.is(again.finishedAt, null);
  gate.resolve();
  await intake.finished(taskId);
  t.deepEqual((await ask(1)).result, 1);

  await rpc.call('tasks.delete', { principal: user, taskId });
  await refused(ask(1));
});
