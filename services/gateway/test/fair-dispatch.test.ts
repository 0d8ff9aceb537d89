import { fileURLToPath } from 'node:url';
import { ApiError, createClient, type Client } from '@backend2/client';
import { until } from '@backend2/testkit';
import test from 'ava';
import { startRealSystem } from './real-services.ts';

const kind = 'text.count-words';
const handlers = fileURLToPath(
  new URL('../../../packages/worker-runtime/examples/text-count-words.ts', import.meta.url),
);
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

test('a few cells of another user, and urgent ones, pass a flood, which loses nothing when its worker is killed', async (t) => {
  t.timeout(600_000);
  const system = await startRealSystem(t, { WORKER_HANDLERS: handlers, WORKER_LEASE: '1s' });
  const signIn = async (email: string, password: string): Promise<Client> => {
    const client = createClient({ baseUrl: system.url });
    await client.auth.signIn(email, password);
    return client;
  };
  const admin = await signIn(system.admin.email, system.admin.password);
  const userOf = async (name: string): Promise<Client> => {
    const email = `${name}@example.org`;
    await admin.users.create({ email, name, password: 'a long enough password' });
    return signIn(email, 'a long enough password');
  };
  const [ada, bob] = await Promise.all([userOf('ada'), userOf('bob')]);
  await until(async () => (await admin.lanes.list()).some(({ kinds }) => kinds.includes(kind)), {
    timeoutMs: 60_000,
    what: "the worker's kinds",
  });

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
  await system.startService('standard-worker');
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
});
