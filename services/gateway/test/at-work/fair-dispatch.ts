import { ApiError } from '@backend2/client';
import test from 'ava';
import { shared } from './system.ts';

const kind = 'text.count-words';
/** A square of so many cells a side. */
const task = (name: string, side: number, priority = 0) => ({
  name,
  kind,
  priority,
  input: { text: 'a rose {{row}} {{column}}' },
  variables: ['row', 'column'].map((axis) => ({ name: axis, range: { from: 1, to: side, step: 1 } })),
});
const side = 45;
const cells = side ** 2;
/** Of the flood, while four cells of others get through: a few windows of two slots, and far from all of it. */
const few = cells / 10;

const endOf = (at: string | null): number => Date.parse(at ?? '');

export const fairDispatchTests = (): void => {
  test.serial(
    'a few cells of another user, and urgent ones, pass a flood, which loses nothing when its worker is killed',
    async (t) => {
      t.timeout(600_000);
      const { system, root: admin, user } = shared();
      const [{ client: ada }, { client: bob }] = await Promise.all([user('floods'), user('few-cells')]);

      await admin.lanes.pause('standard');
      const flood = await ada.tasks.create(task('flood', side));
      const others = [
        await bob.tasks.create(task('of another', 2)),
        await ada.tasks.create(task('urgent', 2, 9)),
      ] as const;
      await admin.lanes.resume('standard');
      const ended = await Promise.all([
        bob.tasks.waitUntilFinished(others[0].id),
        ada.tasks.waitUntilFinished(others[1].id),
      ]);
      system.services.get('standard-worker')?.process.kill('SIGKILL');
      await system.startService('standard-worker', { WORKER_LEASE: '1s' });
      t.like(await ada.tasks.waitUntilFinished(flood.id), {
        state: 'succeeded',
        total: cells,
        counts: { pending: 0, queued: 0, running: 0, succeeded: cells, failed: 0, cancelled: 0 },
      });

      const ends: number[] = [];
      for await (const { finishedAt } of ada.tasks.iterateSubtasks(flood.id)) ends.push(endOf(finishedAt));
      t.is(ends.length, cells);
      for (const { name, state, finishedAt } of ended) {
        t.is(state, 'succeeded');
        const before = ends.filter((end) => end < endOf(finishedAt)).length;
        t.log(`${before} of ${cells} before "${name}"`);
        t.true(before < few, `${before} cells of the flood ended before "${name}"`);
      }
      const notTheirs = await t.throwsAsync(bob.tasks.get(flood.id), { instanceOf: ApiError });
      t.is(notTheirs.status, 404);
      t.is((await admin.tasks.get(flood.id)).counts.succeeded, cells);
    },
  );
};
