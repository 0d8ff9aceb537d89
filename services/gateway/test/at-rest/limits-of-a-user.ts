import { createClient, type Client } from '@backend2/client';
import { httpSink, until } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import { codeOf } from '../shared-system.ts';
import { shared } from './system.ts';

const task = {
  name: 'Later',
  kind: 'http.request',
  input: { url: 'https://example.org/' },
  runAt: new Date(Date.now() + 86_400_000).toISOString(),
};
const events: ['task.finished'] = ['task.finished'];

/** So many at once, by turns at either gateway: how many were made, and what the others were refused with. */
const atOnce = async (token: string, times: number, make: (client: Client) => Promise<unknown>) => {
  const { system, beside } = shared();
  const [here, there] = [system.url, beside].map((baseUrl) =>
    createClient({ baseUrl, token, maxRetries: 0 }),
  );
  const codes = await Promise.all(
    Array.from({ length: times }, (_, n) => codeOf(make((n % 2 ? here : there) as Client))),
  );
  return [codes.filter((code) => code === undefined).length, [...new Set(codes)].filter(Boolean)];
};

export const limitTests = (): void => {
  test.serial('no limit of a user is passed by requests that come at the same moment', async (t) => {
    const { root, user } = shared();
    const { id, token } = await user('hurried');
    await root.users.updateQuota(id, { schedules: 3, unfinishedTasks: 4, waitingSubtasks: 100 });
    t.deepEqual(await atOnce(token, 60, ({ apiKeys }) => apiKeys.create({ name: 'one of many' })), [
      50,
      ['too_many_api_keys'],
    ]);
    const webhook = { url: 'https://hooks.example.org/', events };
    t.deepEqual(await atOnce(token, 30, ({ webhooks }) => webhooks.create(webhook)), [
      20,
      ['too_many_webhooks'],
    ]);
    const { runAt: _, ...scheduled } = task;
    const schedule = { name: 'Daily', cron: '@daily', task: scheduled };
    t.deepEqual(await atOnce(token, 12, ({ schedules }) => schedules.create(schedule)), [
      3,
      ['quota_exceeded'],
    ]);
    t.deepEqual(await atOnce(token, 12, ({ tasks }) => tasks.create(task)), [4, ['quota_exceeded']]);
    await root.users.updateQuota(id, { unfinishedTasks: 100, waitingSubtasks: 10 });
    t.deepEqual(await atOnce(token, 12, ({ tasks }) => tasks.create({ ...task, batchSize: 2 })), [
      3,
      ['quota_exceeded'],
    ]);
  });

  test.serial(
    'a disabled user’s webhooks are told nothing, neither what waited nor what happens, until the user is back',
    async (t) => {
      const { system, root, user, signIn } = shared();
      let status = 200;
      const sink = await httpSink(t, () => ({ status }));
      const eve = await user('comes-back');
      const { client } = eve;
      const { id } = await client.webhooks.create({ url: sink.url, events });
      const submit = async () => (await client.tasks.create(task)).id;
      const [first, second, third, fourth] = [await submit(), await submit(), await submit(), await submit()];
      await client.tasks.cancel(first);
      await until(() => sink.requests.length === 1);
      status = 503;
      await client.tasks.cancel(second);
      await until(async () => (await client.webhooks.deliveries(id)).items[0]?.attempts === 1);
      status = 200;
      await root.users.update(eve.id, { disabled: true });
      await root.tasks.cancel(third);

      const database = new pg.Client({ connectionString: system.databaseUrl });
      await database.connect();
      t.teardown(() => database.end());
      const ended = `SELECT FROM webhook_deliveries WHERE task_id = $1 AND finished_at IS NOT NULL`;
      const given = async () => (await database.query(ended, [second])).rowCount === 1;
      await until(given, { timeoutMs: 60_000, what: 'the end of what waited' });
      t.is(sink.requests.length, 2);

      await root.users.update(eve.id, { disabled: false });
      const { client: back } = await signIn('comes-back');
      const { items } = await back.webhooks.deliveries(id);
      t.deepEqual(
        items.map(({ taskId, state }) => [taskId, state]),
        [
          [second, 'failed'],
          [first, 'succeeded'],
        ],
      );
      t.is(items[0]?.error, 'The owner may not sign in any more.');
      t.true((await back.webhooks.get(id)).enabled);
      await back.tasks.cancel(fourth);
      const told = () => sink.requests.some(({ body }) => body.includes(fourth));
      await until(told, { timeoutMs: 60_000, what: 'an event after the return' });
    },
  );

  test.serial(
    'what waits for an endpoint that fails has a bound: the oldest is given up, and says so',
    async (t) => {
      const { user } = shared();
      // Nothing further is begun for so long.
      const sink = await httpSink(t, () => ({ status: 503, headers: { 'retry-after': '600' } }));
      const { client } = await user('told-late');
      const { id } = await client.webhooks.create({ url: sink.url, events });
      const cancelled = async () => {
        const { id: taskId } = await client.tasks.create(task);
        await client.tasks.cancel(taskId);
        return taskId;
      };
      const tried = await cancelled();
      await until(async () => (await client.webhooks.deliveries(id)).items[0]?.attempts === 1);
      const waiting: string[] = [];
      for (let n = 0; n < 6; n += 1) waiting.push(await cancelled());
      const givenUp = async () => {
        const { items } = await client.webhooks.deliveries(id, { state: 'failed' });
        return items.length >= 3 ? items : undefined;
      };
      const failed = await until(givenUp, { timeoutMs: 60_000, what: 'the oldest given up' });
      t.deepEqual(
        failed.map(({ taskId }) => taskId),
        waiting.slice(0, 3).toReversed(),
      );
      t.true(
        failed.every(({ error }) => error === 'Too much waited for this webhook: the oldest was given up.'),
      );
      const { items } = await client.webhooks.deliveries(id, { state: 'pending' });
      t.deepEqual(
        items.map(({ taskId }) => taskId),
        [...waiting.slice(3).toReversed(), tried],
      );
    },
  );
};
