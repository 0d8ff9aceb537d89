import { DomainError, type QuotaPatch } from '@backend2/contracts';
import test from 'ava';
import { v7 as uuidv7 } from 'uuid';
import { taskSubmissionSchema } from '@backend2/contracts';
import { aUser, type Intake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test, {
  MAX_UNFINISHED_TASKS_PER_USER: '3',
  MAX_WAITING_SUBTASKS_PER_USER: '6',
  MAX_SCHEDULES_PER_USER: '0',
});

const admin = aUser('admin');
const allow = (intake: Intake, patch: QuotaPatch) =>
  intake.rpc.call('quotas.update', { principal: admin, userId: intake.user.userId, patch });
const codes = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as DomainError).code] : []));

test.serial(
  'a user has no more unfinished tasks than allowed, also when all are submitted at the same moment',
  async (t) => {
    const intake = await useIntake(t);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    await allow(intake, { waitingSubtasks: 100 });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => intake.submit({ runAt })));
    t.deepEqual(
      codes(results),
      Array.from({ length: 5 }, () => 'quota_exceeded'),
    );
    const { unfinishedTasks, waitingSubtasks } = await quotaOf(intake);
    t.deepEqual([unfinishedTasks, waitingSubtasks.used], [{ used: 3, limit: 3 }, 12]);
    t.is((await intake.submit({ runAt }, aUser())).total, 4);

    const { items } = await intake.rpc.call('tasks.list', { principal: intake.user, query: { limit: 50 } });
    t.is(items.length, 3);
    await intake.rpc.call('tasks.cancel', { principal: intake.user, taskId: items[0]?.id ?? '' });
    t.is((await intake.submit({ runAt })).state, 'pending');
  },
);

test.serial(
  'a user has no more waiting subtasks than allowed; an admin may give one more room, and take it back',
  async (t) => {
    const intake = await useIntake(t);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    await intake.submit({ runAt });
    const refused = await t.throwsAsync(intake.submit({ runAt }), { instanceOf: DomainError });
    t.like(refused, {
      kind: 'limited',
      code: 'quota_exceeded',
      message: 'This would make 8 waiting subtasks; you may have 6.',
    });
    t.true((refused.details.retryAfterSeconds ?? 0) > 60);
    t.is((await allow(intake, { waitingSubtasks: 8 })).waitingSubtasks.limit, 8);
    t.is((await intake.submit({ runAt })).total, 4);
    const back = await allow(intake, { waitingSubtasks: null });
    t.deepEqual(back.waitingSubtasks, { used: 8, limit: 6 });
    t.is((await t.throwsAsync(intake.submit({ runAt }), { instanceOf: DomainError })).code, 'quota_exceeded');
  },
);

test.serial(
  'a submission repeated under its id is answered, although its first copy used up the quota',
  async (t) => {
    const intake = await useIntake(t);
    await allow(intake, { unfinishedTasks: 1 });
    const submission = taskSubmissionSchema.parse({
      name: 'twice',
      kind: 'http.request',
      input: { url: 'http://localhost/' },
      runAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const request = { principal: intake.user, submission, taskId: uuidv7() };
    await intake.rpc.call('tasks.create', request);
    t.is((await intake.rpc.call('tasks.create', request)).id, request.taskId);
    const { runAt: _, ...task } = submission;
    const schedule = {
      name: 'none',
      cron: '@daily',
      timeZone: 'UTC',
      missedRuns: 'once',
      paused: false,
      task,
    } as const;
    const refused = await t.throwsAsync(
      intake.rpc.call('schedules.create', { principal: intake.user, schedule }),
      { instanceOf: DomainError },
    );
    t.is(refused.code, 'quota_exceeded');
  },
);

test.serial('what is retried counts as what is submitted, unless an admin retries it', async (t) => {
  const intake = await useIntake(t);
  const { rpc, user: principal } = intake;
  await allow(intake, { unfinishedTasks: 2 });
  const worker = await intake.startWorker(async () => ({
    type: 'failed',
    error: { code: 'no', message: 'no' },
  }));
  const ids: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    const { id } = await intake.submit({});
    await intake.finished(id);
    ids.push(id);
  }
  const [first = '', second = '', third = '', fourth = ''] = ids;
  // What is retried waits from here on.
  await worker.stop(AbortSignal.abort());
  const retry = (taskId: string, by = principal) => rpc.call('tasks.retry', { principal: by, taskId });
  await retry(first);
  const refused = await t.throwsAsync(retry(second), { instanceOf: DomainError });
  t.like(refused, {
    kind: 'limited',
    code: 'quota_exceeded',
    message: 'This would make 8 waiting subtasks; you may have 6.',
  });
  t.is((await rpc.call('tasks.get', { principal, taskId: second })).state, 'failed');
  const retryOne = (taskId: string) => rpc.call('subtasks.retry', { principal, taskId, ordinal: 0 });
  await retryOne(second);
  const tooMany = await Promise.allSettled([retryOne(third), retryOne(fourth)]);
  t.deepEqual(codes(tooMany), ['quota_exceeded', 'quota_exceeded']);
  await retry(third, admin);
  const { unfinishedTasks, waitingSubtasks } = await quotaOf(intake);
  t.deepEqual([unfinishedTasks.used, waitingSubtasks.used], [3, 9]);
});

test.serial(
  "anyone sees their own quota, only an admin another's, and only an admin changes one",
  async (t) => {
    const intake = await useIntake(t);
    const { userId } = aUser();
    const principal = intake.user;
    for (const call of [
      intake.rpc.call('quotas.get', { principal, userId }),
      intake.rpc.call('quotas.update', { principal, userId: principal.userId, patch: { schedules: 9 } }),
    ])
      t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'admin_only');
    t.is((await intake.rpc.call('quotas.get', { principal: admin, userId })).unfinishedTasks.used, 0);
  },
);

const quotaOf = (intake: Intake) =>
  intake.rpc.call('quotas.get', { principal: intake.user, userId: intake.user.userId });
