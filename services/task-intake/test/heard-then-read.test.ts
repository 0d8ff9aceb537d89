import { taskEvents } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { startOwnPostgres, until } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import { aUser, startIntake } from './intake-process.ts';

test('who hears of an end reads it, although they wrote nothing and the standby has not got it yet', async (t) => {
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  await migrate(primary.url);
  const intake = await startIntake(t, {
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URLS: standby.url,
    DB_MAX_REPLICA_LAG: '1h',
  });
  const events = await intake.hear(taskEvents);

  const { id: taskId } = await intake.submit({});
  const server = new pg.Client({ connectionString: standby.url });
  await server.connect();
  t.teardown(() => server.end());
  const onStandby = async (): Promise<string | undefined> => {
    const { rows } = await server.query<{ state: string }>('SELECT state FROM tasks WHERE id = $1', [taskId]);
    return rows[0]?.state;
  };
  await until(onStandby, { what: 'the task on the standby' });
  await server.query('SELECT pg_wal_replay_pause()');
  await intake.startWorker(async ({ ordinal }) => ({ result: ordinal }));
  await until(() => events.all.some((event) => event.type === 'task' && event.task.state === 'succeeded'), {
    what: 'the end told',
    timeoutMs: 30_000,
  });

  const reader = aUser('admin');
  t.is((await intake.rpc.call('tasks.get', { principal: reader, taskId })).state, 'succeeded');
  const { items } = await intake.rpc.call('subtasks.list', {
    principal: reader,
    taskId,
    query: { limit: 50, state: 'succeeded' },
  });
  t.deepEqual(
    items.map(({ result }) => result),
    [0, 1, 2, 3],
  );
  t.not(await onStandby(), 'succeeded');
});
