import { DomainError, scheduleCreationSchema, type ScheduleCreation } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { v7 as uuidv7 } from 'uuid';
import { query } from './books.ts';
import { aUser, type Intake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

const task = {
  name: 'nightly',
  kind: 'http.request',
  input: { url: 'http://localhost/{{n}}' },
  variables: [{ name: 'n', values: [1, 2] }],
};
const scheduleOf = (parts: Record<string, unknown> = {}): ScheduleCreation =>
  scheduleCreationSchema.parse({ name: 'hourly', cron: hourly(), task, ...parts });

const create = (intake: Intake, parts: Record<string, unknown> = {}, principal = intake.user) =>
  intake.rpc.call('schedules.create', { principal, schedule: scheduleOf(parts) });

/** Each hour at this one's minute, so many minutes ago: due once now and not again within the test. */
const hourly = (minutesAgo = 0): string =>
  `${new Date(Date.now() - minutesAgo * 60_000).getUTCMinutes()} * * * *`;

/** As if nothing had looked for so long; no test waits for the clock's minute. */
const lieStill = (intake: Intake, interval: string) =>
  query(
    intake.postgres.primaryUrl,
    `UPDATE schedules SET next_run_at = now() - $1::interval WHERE owner_id = $2`,
    [interval, intake.user.userId],
  );

const tasksOf = (intake: Intake) =>
  query<{ id: string; total: number }>(
    intake.postgres.primaryUrl,
    `SELECT id, total FROM tasks WHERE owner_id = '${intake.user.userId}'`,
  );

test.serial(
  'due schedules are submitted once each however many instances look, and keep how it went',
  async (t) => {
    const intake = await useIntake(t);
    await Promise.all([intake.startProcess(), intake.startProcess()]);
    const made = await Promise.all(Array.from({ length: 12 }, () => create(intake)));
    await lieStill(intake, '10 minutes');
    const after = (scheduleId: string) =>
      until(
        async () => {
          const now = await intake.rpc.call('schedules.get', { principal: intake.user, scheduleId });
          return now.lastRun === null ? undefined : now;
        },
        { timeoutMs: 30_000, what: 'its run' },
      );
    const ran = await Promise.all(made.map(({ id }) => after(id)));
    const tasks = await tasksOf(intake);
    t.is(tasks.length, 12);
    const ids = new Set(tasks.map(({ id }) => id));
    for (const { lastRun } of ran) t.true(ids.delete(lastRun?.taskId ?? ''));
    t.true(tasks.every(({ total }) => total === 2));
    for (const { lastRun, nextRuns } of ran) {
      t.is(lastRun?.outcome, 'submitted');
      t.is(nextRuns.length, 5);
      t.true(Date.parse(nextRuns[0] ?? '') > Date.parse(lastRun?.at ?? ''));
    }
  },
);

test.serial('missed runs are made up for as the schedule says', async (t) => {
  const intake = await useIntake(t);
  const cron = hourly(30);
  const [skip, once, all] = await Promise.all([
    create(intake, { cron, missedRuns: 'skip' }),
    create(intake, { cron, missedRuns: 'once' }),
    create(intake, { cron, missedRuns: 'all' }),
  ]);
  await lieStill(intake, '195 minutes');
  await until(
    async () => {
      const rows = await query<{ due: number }>(
        intake.postgres.primaryUrl,
        `SELECT count(*)::int AS due FROM schedules WHERE next_run_at <= now() AND owner_id = $1`,
        [intake.user.userId],
      );
      return rows[0]?.due === 0;
    },
    { timeoutMs: 30_000 },
  );
  const lastOf = async ({ id }: { id: string }) =>
    (await intake.rpc.call('schedules.get', { principal: intake.user, scheduleId: id })).lastRun;
  t.is(await lastOf(skip), null);
  t.is((await lastOf(once))?.outcome, 'submitted');
  t.is((await lastOf(all))?.dueAt, (await lastOf(once))?.dueAt);
  // One for `once`, three for `all`.
  t.is((await tasksOf(intake)).length, 4);
});

test.serial(
  'a paused schedule submits nothing; resumed it goes on from then; by hand it runs at any time, once a request',
  async (t) => {
    const intake = await useIntake(t);
    const { user: principal } = intake;
    const { id: scheduleId } = await create(intake, { paused: true });
    const { id: witness } = await create(intake);
    await lieStill(intake, '10 minutes');
    await until(async () => (await tasksOf(intake)).length === 1, { what: 'the run of the other' });
    const paused = await intake.rpc.call('schedules.get', { principal, scheduleId });
    t.deepEqual([paused.nextRuns, paused.lastRun], [[], null]);
    const resumed = await intake.rpc.call('schedules.resume', { principal, scheduleId });
    t.true(Date.parse(resumed.nextRuns[0] ?? '') > Date.now());
    const taskId = uuidv7();
    const run = () => intake.rpc.call('schedules.run', { principal, scheduleId, taskId });
    const [one, other] = await Promise.all([run(), run()]);
    t.deepEqual([one.id, other.id], [taskId, taskId]);
    const { lastRun } = await intake.rpc.call('schedules.get', { principal, scheduleId });
    t.like(lastRun, { dueAt: null, outcome: 'submitted', taskId });
    t.is((await tasksOf(intake)).length, 2);
    t.true((await intake.rpc.call('schedules.pause', { principal, scheduleId: witness })).paused);
  },
);

test.serial("a schedule is its owner's: another neither sees nor changes it, an admin may", async (t) => {
  const intake = await useIntake(t);
  const { id: scheduleId } = await create(intake);
  const principal = aUser();
  for (const call of [
    intake.rpc.call('schedules.get', { principal, scheduleId }),
    intake.rpc.call('schedules.update', { principal, scheduleId, patch: { name: 'mine' } }),
    intake.rpc.call('schedules.pause', { principal, scheduleId }),
    intake.rpc.call('schedules.resume', { principal, scheduleId }),
    intake.rpc.call('schedules.run', { principal, scheduleId }),
    intake.rpc.call('schedules.delete', { principal, scheduleId }),
  ])
    t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'not_found');
  t.deepEqual((await intake.rpc.call('schedules.list', { principal, query: { limit: 50 } })).items, []);
  const admin = aUser('admin');
  const changed = await intake.rpc.call('schedules.update', {
    principal: admin,
    scheduleId,
    patch: { cron: '0 12 * * *', timeZone: 'Asia/Tokyo' },
  });
  t.true(changed.nextRuns.every((run) => run.endsWith('T03:00:00.000Z')));
  await intake.rpc.call('schedules.delete', { principal: intake.user, scheduleId });
  await t.throwsAsync(intake.rpc.call('schedules.get', { principal: admin, scheduleId }));
});

test.serial('what is wrong with a schedule or its task is told when it is made, at its place', async (t) => {
  const intake = await useIntake(t);
  const pathsOf = async (parts: Record<string, unknown>) => {
    const error = await t.throwsAsync(create(intake, parts), { instanceOf: DomainError });
    return error.details.issues?.map(({ path }) => path);
  };
  t.deepEqual(await pathsOf({ cron: '0 25 * * *', timeZone: 'Nowhere/Land' }), ['/timeZone', '/cron']);
  t.deepEqual(await pathsOf({ task: { ...task, input: { url: '{{m}}' } } }), [
    '/task/input/url',
    '/task/variables/0',
  ]);
});

test.serial(
  "a run beyond its owner's quota, or of an owner who is gone, is refused, told, and the next one comes",
  async (t) => {
    const intake = await useIntake(t);
    await intake.rpc.call('quotas.update', {
      principal: aUser('admin'),
      userId: intake.user.userId,
      patch: { waitingSubtasks: 1 },
    });
    const { id: scheduleId } = await create(intake);
    const refusedWith = (code: string) =>
      until(
        async () => {
          const now = await intake.rpc.call('schedules.get', { principal: intake.user, scheduleId });
          return now.lastRun?.error?.code === code ? now : undefined;
        },
        { what: code },
      );
    await lieStill(intake, '10 minutes');
    const refused = await refusedWith('quota_exceeded');
    t.like(refused.lastRun, { outcome: 'refused', taskId: null });
    t.true(Date.parse(refused.nextRuns[0] ?? '') > Date.now());
    await query(
      intake.postgres.primaryUrl,
      `INSERT INTO users (id, email, name, role, password_hash, disabled_at)
     VALUES ('${intake.user.userId}', 'a@example.org', 'A', 'user', 'x', now())`,
    );
    await lieStill(intake, '10 minutes');
    await refusedWith('owner_gone');
    t.deepEqual(await tasksOf(intake), []);
  },
);
