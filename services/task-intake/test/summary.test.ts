import type { SubtaskView, Tally } from '@backend2/contracts';
import test from 'ava';
import { type Intake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

const everySubtask = async (intake: Intake, taskId: string): Promise<SubtaskView[]> => {
  const { items } = await intake.rpc.call('subtasks.list', {
    principal: intake.user,
    taskId,
    query: { limit: 200 },
  });
  return items;
};

/** The same figures from the cells themselves. */
const counted = (cells: readonly SubtaskView[]): Tally => {
  const states = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
  const ratings = ['unrated', 'poor', 'good'] as const;
  const tally = <K extends string>(keys: readonly K[], of: (cell: SubtaskView) => string) =>
    Object.fromEntries(keys.map((key) => [key, cells.filter((cell) => of(cell) === key).length])) as Record<
      K,
      number
    >;
  const took = cells
    .filter(({ state }) => state === 'succeeded')
    .map(({ durationMs }) => durationMs ?? Number.NaN)
    .toSorted((a, b) => a - b);
  const middle = (took.length - 1) / 2;
  return {
    total: cells.length,
    counts: tally(states, ({ state }) => state),
    ratings: tally(ratings, ({ rating }) => rating),
    durationMs:
      took.length === 0
        ? null
        : {
            mean: took.reduce((sum, ms) => sum + ms, 0) / took.length,
            median: ((took[Math.floor(middle)] ?? 0) + (took[Math.ceil(middle)] ?? 0)) / 2,
          },
  };
};

test.serial(
  'a summary says of each value of each axis how its cells ended, were rated and how long they took',
  async (t) => {
    const intake = await useIntake(t);
    const { user: principal, rpc } = intake;
    await intake.startWorker(async ({ ordinal }) =>
      ordinal % 5 === 0
        ? { type: 'failed', error: { code: 'no_good', message: 'no good' }, durationMs: 1 }
        : { durationMs: ordinal * ordinal },
    );
    const { id: taskId } = await intake.submit({
      input: { url: 'http://localhost/{{a}}/{{w}}x{{h}}/{{s}}' },
      variables: [
        { name: 'a', values: ['left', 'right'] },
        { name: 'w', values: [1, 2, 3], zip: 'size' },
        { name: 's', values: [true, null] },
        { name: 'h', values: [4, 5, 6], zip: 'size' },
      ],
      batchSize: 2,
    });
    await intake.finished(taskId);
    for (const [ordinal, rating] of [
      [3, 'good'],
      [4, 'poor'],
      [17, 'good'],
      [23, 'good'],
    ] as const)
      await rpc.call('subtasks.update', { principal, taskId, ordinal, patch: { rating } });

    const cells = await everySubtask(intake, taskId);
    const summary = await rpc.call('tasks.summary', { principal, taskId });
    t.deepEqual(summary.overall, counted(cells));
    t.is(summary.overall.counts.failed, 5);
    t.is(summary.overall.ratings.good, 3);
    t.deepEqual(
      summary.axes.map(({ name, values }) => ({ name, values: values.map(({ value }) => value) })),
      [
        { name: 'a', values: ['left', 'right'] },
        {
          name: 'size',
          values: [
            [1, 4],
            [2, 5],
            [3, 6],
          ],
        },
        { name: 's', values: [true, null] },
        { name: 'batch', values: [0, 1] },
      ],
    );
    const variableOf = { a: 'a', size: 'w', s: 's', batch: 'batch' } as Record<string, string>;
    for (const { name, values } of summary.axes) {
      for (const { index, value: _value, ...tally } of values) {
        const own = cells.filter(({ coordinates }) => coordinates[variableOf[name] ?? ''] === index);
        t.deepEqual(tally, counted(own), `${name} ${index}`);
      }
    }

    const rated = await rpc.call('subtasks.list', {
      principal,
      taskId,
      query: { limit: 2, rating: 'good', state: 'succeeded' },
    });
    t.deepEqual(
      rated.items.map(({ ordinal }) => ordinal),
      [3, 17],
    );
    const more = await rpc.call('subtasks.list', {
      principal,
      taskId,
      query: { limit: 2, rating: 'good', state: 'succeeded', cursor: rated.nextCursor ?? '' },
    });
    t.deepEqual(
      more.items.map(({ ordinal }) => ordinal),
      [23],
    );
    t.is(more.nextCursor, null);
  },
);

test.serial('a task without variables, and one that nobody has run, have summaries too', async (t) => {
  const intake = await useIntake(t);
  const { user: principal, rpc } = intake;
  const { id: taskId } = await intake.submit({ input: { url: 'http://localhost' }, variables: [] });
  const { overall, axes } = await rpc.call('tasks.summary', { principal, taskId });
  t.deepEqual(axes, []);
  t.is(overall.total, 1);
  t.is(overall.durationMs, null);
});
