import { taskSubmissionSchema } from '@backend2/contracts';
import { soonest } from '@backend2/testkit';
import test from 'ava';
import { v7 as uuidv7 } from 'uuid';
import { query } from './books.ts';
import { aUser, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

const values = (count: number) => Array.from({ length: count }, (_, i) => i);
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

test.serial(
  '10,000 cells are accepted in well under a second, and as many as are allowed in one go',
  async (t) => {
    const intake = await useIntake(t);
    const accept = async (cells: number): Promise<number> => {
      const begun = performance.now();
      const task = await intake.submit({
        input: { url: 'http://localhost/{{a}}/{{b}}/{{c}}' },
        variables: [
          { name: 'a', values: values(100) },
          { name: 'b', values: values(100) },
          { name: 'c', values: values(cells / 10_000) },
        ],
        runAt: inAnHour(),
      });
      t.is(task.total, cells);
      return performance.now() - begun;
    };
    let tasks = 0;
    const tookMs = await soonest(1000, () => {
      tasks++;
      return accept(10_000);
    });
    t.true(tookMs < 1000, `${tookMs} ms`);
    await accept(100_000);
    const [row] = await query<{ rows: number; tasks: number }>(
      intake.postgres.primaryUrl,
      `SELECT count(*)::int AS rows, count(DISTINCT task_id)::int AS tasks
     FROM subtasks JOIN tasks ON tasks.id = task_id WHERE owner_id = $1`,
      [intake.user.userId],
    );
    t.deepEqual(row, { rows: 10_000 * tasks + 100_000, tasks: tasks + 1 });
  },
);

// Before any that runs cells: they would tell the lane how long one takes.
test.serial(
  'an estimate says how many and stores nothing; how long it says once the lane has run the kind',
  async (t) => {
    const intake = await useIntake(t);
    await intake.announceWorker({ slots: 4 });
    await intake.startWorker(async () => ({ durationMs: 2000 }), 4);
    const submission = {
      name: 'a sweep',
      kind: 'http.request',
      lane: 'standard',
      input: { url: 'http://localhost/{{n}}' },
      variables: [{ name: 'n', values: values(20) }],
      batchSize: 2,
      priority: 0,
      timeoutMs: 1000,
      maxAttempts: 1,
      tags: [],
    } as const;
    const estimate = () =>
      intake.rpc.call('tasks.estimate', {
        principal: intake.user,
        submission: { ...submission, variables: [...submission.variables], tags: [] },
      });
    t.like(await estimate(), { subtasks: 40, seconds: null });
    const { id } = await intake.submit({});
    await intake.finished(id);
    await intake.announceWorker({ slots: 4 });
    t.is((await estimate()).seconds, 20);
    const { items } = await intake.rpc.call('tasks.list', { principal: intake.user, query: { limit: 50 } });
    t.is(items.length, 1);
  },
);

test.serial('a task with a start time begins then and not before', async (t) => {
  const intake = await useIntake(t);
  const begun: number[] = [];
  await intake.startWorker(async () => void begun.push(Date.now()));
  const runAt = Date.now() + 1500;
  const { id } = await intake.submit({ runAt: new Date(runAt).toISOString() });
  await intake.finished(id);
  t.is(begun.length, 4);
  t.true(Math.min(...begun) >= runAt);
});

test.serial(
  'a creation repeated under its id, even at the same moment, makes one task; another user cannot see it by that',
  async (t) => {
    const intake = await useIntake(t);
    const submission = taskSubmissionSchema.parse({
      name: 'twice',
      kind: 'http.request',
      input: { url: 'http://localhost/{{n}}' },
      variables: [{ name: 'n', values: [1, 2] }],
    });
    const taskId = uuidv7();
    const create = (principal = intake.user) =>
      intake.rpc.call('tasks.create', { principal, submission, taskId });
    const tasks = await Promise.all([create(), create(), create()]);
    t.deepEqual(
      tasks.map(({ id }) => id),
      [taskId, taskId, taskId],
    );
    const { items } = await intake.rpc.call('tasks.list', { principal: intake.user, query: { limit: 50 } });
    t.is(items.length, 1);
    t.is(items[0]?.total, 2);
    await t.throwsAsync(create(aUser()), { message: 'There is no such task.' });
  },
);
