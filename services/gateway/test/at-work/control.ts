import { ApiError } from '@backend2/client';
import type { SubtaskProgress } from '@backend2/contracts';
import { soonest, until } from '@backend2/testkit';
import test from 'ava';
import { shared } from './system.ts';

const words = {
  name: 'Words',
  kind: 'text.count-words',
  input: { text: 'a rose is a {{flower}}' },
  variables: [{ name: 'flower', values: ['rose', 'tulip'] }],
};
const copies = (kind: string) => ({ name: kind, kind, input: {}, batchSize: 2 });

export const controlTests = (): void => {
  test.serial(
    "Field note 1: running work is cancelled from another process, and its slots are others' within a second",
    async (t) => {
      const { root: client } = shared();
      let id = '';
      const freedAfterMs = await soonest(1000, async () => {
        ({ id } = await client.tasks.create(copies('test.wait')));
        await until(async () => (await client.tasks.get(id)).counts.running === 2, {
          what: 'both slots taken',
        });
        const { id: next } = await client.tasks.create(words);
        await until(async () => (await client.tasks.get(next)).counts.queued === 2, {
          what: 'the next work ready',
        });
        const cancelled = await client.tasks.cancel(id);
        t.like(cancelled, { state: 'cancelled', counts: { cancelled: 2, running: 0 } });
        t.is((await client.tasks.waitUntilFinished(next)).state, 'succeeded');
        const [begun, ended] = await Promise.all([
          client.tasks.subtask(next, 0),
          client.tasks.subtask(id, 0),
        ]);
        t.is(ended.state, 'cancelled');
        return Date.parse(begun.startedAt ?? '') - Date.parse(ended.finishedAt ?? '');
      });
      t.true(freedAfterMs < 1000);
      const refused = await t.throwsAsync(client.tasks.pause(id), { instanceOf: ApiError });
      t.is(refused.code, 'task_finished');
    },
  );

  test.serial(
    "a user's own kind, its progress, a paused lane, a schedule and a quota, through the front door",
    async (t) => {
      const { root: admin, user } = shared();
      const { client: ada, id: adaId } = await user('controls');

      const { id: half } = await ada.tasks.create(copies('test.half'));
      const heard: SubtaskProgress[] = [];
      for await (const { message } of ada.tasks.events(half)) {
        if (message.type === 'progress') heard.push(...message.progress);
        if (heard.length >= 2) break;
      }
      t.deepEqual(
        heard.toSorted((one, other) => one.ordinal - other.ordinal),
        [0, 1].map((ordinal) => ({ ordinal, attempt: 1, fraction: 0.5, note: 'half way' })),
      );
      await ada.tasks.cancel(half);

      const forbidden = await t.throwsAsync(ada.lanes.pause('standard'), { instanceOf: ApiError });
      t.deepEqual([forbidden.status, forbidden.code], [403, 'admin_only']);
      t.like(await admin.lanes.pause('standard'), { paused: true, slots: 2 });
      const schedule = await ada.schedules.create({ name: 'Yearly', cron: '0 0 1 1 *', task: words });
      t.is(schedule.nextRuns.length, 5);
      const options = { idempotencyKey: 'once' };
      const waiting = await ada.schedules.run(schedule.id, options);
      t.is((await ada.schedules.run(schedule.id, options)).id, waiting.id);
      t.like((await ada.schedules.get(schedule.id)).lastRun, { outcome: 'submitted', taskId: waiting.id });

      const quota = await admin.users.updateQuota(adaId, { unfinishedTasks: 1 });
      t.deepEqual(quota.unfinishedTasks, { used: 1, limit: 1 });
      t.deepEqual(await ada.auth.myQuota(), quota);
      const refused = await t.throwsAsync(ada.tasks.create(words), { instanceOf: ApiError });
      t.deepEqual([refused.status, refused.code, refused.retryAfterSeconds], [429, 'quota_exceeded', 300]);
      t.is(refused.problem?.type, 'urn:backend2:problem:quota_exceeded');

      t.is((await ada.tasks.get(waiting.id)).counts.pending, 2);
      await admin.lanes.resume('standard');
      t.is((await ada.tasks.waitUntilFinished(waiting.id)).state, 'succeeded');
      const result = (await ada.tasks.subtask(waiting.id, 0)).result;
      t.deepEqual(result, { words: 3, most: 'a' });
      await ada.schedules.delete(schedule.id);
      const gone = await t.throwsAsync(ada.schedules.get(schedule.id), { instanceOf: ApiError });
      t.is(gone.status, 404);
    },
  );
};
