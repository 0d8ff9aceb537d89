import { ApiError, type Client, type NewTask } from '@backend2/client';
import test from 'ava';
import { shared } from './system.ts';

const submission = (parts: Partial<NewTask>): NewTask => ({
  name: 'a sweep',
  kind: 'http.request',
  input: { url: 'http://localhost/{{n}}' },
  variables: [{ name: 'n', values: [1, 2, 3] }],
  ...parts,
});

const namesOf = async (client: Client, filter: Parameters<Client['tasks']['iterate']>[0]) => {
  const names: string[] = [];
  for await (const { name } of client.tasks.iterate(filter)) names.push(name);
  return names;
};

export const readingTests = (): void => {
  test.serial(
    'tasks are listed by status, lane, kind, part of the name, tags, time of creation and owner',
    async (t) => {
      const { root, user } = shared();
      const [ada, bob] = [await user('lists'), await user('other-lists')];
      await ada.client.tasks.create(submission({ name: 'Lakes at dawn', tags: ['lakes', 'old'] }));
      await ada.client.tasks.create(
        submission({ name: 'Lakes at 100%_dusk', tags: ['lakes', 'new'], lane: 'lumina' }),
      );
      const picture = { input: { prompts: [{ value: 'a lake' }] }, variables: [], kind: 'image.generate' };
      const third = await ada.client.tasks.create(
        submission({ name: 'One portrait', tags: ['a,b'], ...picture }),
      );
      await bob.client.tasks.create(submission({ name: "Bob's lakes", tags: ['lakes'] }));
      await ada.client.tasks.pause(third.id);

      const of = (filter: Parameters<Client['tasks']['iterate']>[0]) => namesOf(ada.client, filter);
      t.deepEqual(await of({}), ['One portrait', 'Lakes at 100%_dusk', 'Lakes at dawn']);
      t.deepEqual(await of({ status: 'paused' }), ['One portrait']);
      t.deepEqual(await of({ lane: 'lumina' }), ['Lakes at 100%_dusk']);
      t.deepEqual(await of({ kind: 'image.generate' }), ['One portrait']);
      t.deepEqual(await of({ search: 'lAKES' }), ['Lakes at 100%_dusk', 'Lakes at dawn']);
      t.deepEqual(await of({ search: '0%_d' }), ['Lakes at 100%_dusk']);
      t.deepEqual(await of({ search: '0__d' }), []);
      t.deepEqual(await of({ tag: ['lakes'] }), ['Lakes at 100%_dusk', 'Lakes at dawn']);
      t.deepEqual(await of({ tag: ['new', 'lakes'] }), ['Lakes at 100%_dusk']);
      t.deepEqual(await of({ tag: ['a,b'] }), ['One portrait']);
      t.deepEqual(await of({ createdFrom: third.createdAt }), ['One portrait']);
      t.deepEqual(await of({ createdBefore: third.createdAt, lane: 'standard' }), ['Lakes at dawn']);
      t.deepEqual(await of({ search: 'lakes', tag: ['old'], status: 'pending' }), ['Lakes at dawn']);

      t.deepEqual(await of({ owner: ada.id, lane: 'lumina' }), ['Lakes at 100%_dusk']);
      t.deepEqual(await of({ owner: bob.id }), []);
      t.deepEqual(await namesOf(root, { owner: bob.id }), ["Bob's lakes"]);
      t.is((await namesOf(root, { tag: ['lakes'] })).length, 3);

      const wrong = await t.throwsAsync(
        ada.client.tasks.list({ search: 'a\0b', createdFrom: 'yesterday', tag: [''], limit: 0 }),
        { instanceOf: ApiError },
      );
      t.is(wrong?.status, 422);
      t.deepEqual(wrong?.issues.map(({ path }) => path).toSorted(), [
        '?createdFrom',
        '?limit',
        '?search',
        '?tag',
      ]);
      const noCursor = await t.throwsAsync(ada.client.tasks.list({ cursor: 'abc' }), {
        instanceOf: ApiError,
      });
      t.deepEqual(
        noCursor?.issues.map(({ path }) => path),
        ['?cursor'],
      );

      await ada.client.tasks.delete(third.id);
      t.deepEqual(await of({ search: 'portrait' }), []);
    },
  );

  test.serial(
    'pages neither repeat nor leave out a task, whatever is made and deleted while they are turned',
    async (t) => {
      const { tasks } = (await shared().user('pages')).client;
      const make = (name: string) => tasks.create(submission({ name }));
      const made: string[] = [];
      for (let n = 0; n < 9; n += 1) made.push((await make(`before ${n}`)).id);
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; ; page += 1) {
        const { items, nextCursor } = await tasks.list({
          limit: 2,
          ...(cursor === undefined ? {} : { cursor }),
        });
        seen.push(...items.map(({ id }) => id));
        if (nextCursor === null) break;
        cursor = nextCursor;
        await make(`meanwhile ${page}`);
        // One that was seen, and the very one the cursor stands on.
        if (page === 1) await tasks.delete(items.at(-1)?.id ?? '');
      }
      t.deepEqual(seen, made.toReversed());
      t.is((await tasks.list({ limit: 50 })).items.length, 9 + 4 - 1);
    },
  );

  test.serial(
    'cells are rated, evaluated, sliced and summed up, by their owner and an admin alone',
    async (t) => {
      const { root, user } = shared();
      const { tasks } = (await user('rates')).client;
      const task = await tasks.create(
        submission({
          input: { url: 'http://localhost/{{a}}/{{b}}/{{c}}' },
          variables: [
            { name: 'a', values: [1, 2] },
            { name: 'b', values: ['x', 'y', 'z'] },
            { name: 'c', range: { from: 0, to: 1, count: 2 } },
          ],
        }),
      );
      const evaluated = await tasks.updateSubtask(task.id, 7, { rating: 'good', evaluation: 'sharp' });
      t.deepEqual([evaluated.rating, evaluated.evaluation], ['good', 'sharp']);
      await tasks.updateSubtask(task.id, 7, { rating: 'poor' });
      t.is((await tasks.subtask(task.id, 7)).evaluation, 'sharp');
      t.is((await tasks.updateSubtask(task.id, 7, { evaluation: null })).evaluation, null);
      await tasks.updateSubtask(task.id, 11, { rating: 'good' });

      t.deepEqual(
        (await tasks.subtasks(task.id, { rating: 'poor' })).items.map(({ ordinal }) => ordinal),
        [7],
      );
      const slice = await tasks.matrix(task.id, { x: 'a', y: 'c', fixed: { b: 2 } });
      t.deepEqual(
        slice.cells.map((row) => row.map(({ ordinal }) => ordinal)),
        [
          [4, 10],
          [5, 11],
        ],
      );
      t.is(slice.cells[1]?.[1]?.rating, 'good');

      await tasks.cancel(task.id);
      const summary = await tasks.summary(task.id);
      t.deepEqual(summary.overall.ratings, { unrated: 10, poor: 1, good: 1 });
      t.is(summary.overall.counts.cancelled, 12);
      t.deepEqual(
        summary.axes[1]?.values.map(({ value, total, ratings }) => [value, total, ratings.good]),
        [
          ['x', 4, 0],
          ['y', 4, 0],
          ['z', 4, 1],
        ],
      );
      t.deepEqual((await root.tasks.summary(task.id)).overall, summary.overall);
      const bob = await user('rates-not');
      const refused = await t.throwsAsync(bob.client.tasks.summary(task.id), { instanceOf: ApiError });
      t.is(refused?.status, 404);
    },
  );
};
