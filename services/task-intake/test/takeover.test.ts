import { soonest, startOwnPostgres, until, type RunningProcess } from '@backend2/testkit';
import test from 'ava';
import { postgresLaneLock } from '../src/adapters/postgres-lane-lock.ts';
import { startIntake } from './intake-process.ts';

test('one process dispatches a lane at a time; when it dies another goes on within seconds', async (t) => {
  const intake = await startIntake(t);
  const leads = (process: RunningProcess) =>
    intake.metric(process, 'backend2_dispatcher_active', 'lane="standard"');
  await until(async () => (await leads(intake.first)) === 1, { what: 'the first leading' });
  let leader = intake.first;
  let standby = await intake.startProcess();
  t.deepEqual([await leads(leader), await leads(standby)], [1, 0]);
  let done = 0;
  await intake.startWorker(async () => {
    done += 1;
  });
  const { id } = await intake.submit({
    variables: [{ name: 'n', values: Array.from({ length: 100 }, (_, n) => n) }],
    batchSize: 30,
  });
  await until(() => done > 200, { what: 'the work under way' });
  const takenOverAfterMs = await soonest(5000, async () => {
    leader.kill('SIGKILL');
    const died = performance.now();
    await until(async () => (await leads(standby)) === 1, { what: 'the takeover' });
    const tookMs = performance.now() - died;
    [leader, standby] = [standby, await intake.startProcess()];
    return tookMs;
  });
  t.true(takenOverAfterMs < 5000, `${takenOverAfterMs} ms`);
  t.is((await intake.finished(id)).counts.succeeded, 3000);
  t.is(done, 3000);
});

test('a lane held at a primary that hangs is let go all the same, to be held at the next one', async (t) => {
  const { primary } = await startOwnPostgres(t, { standby: false });
  const { signal } = new AbortController();
  const held = await postgresLaneLock(primary.url).acquire('standard', () => undefined, signal);
  t.teardown(() => primary.resume());
  primary.pause();
  let isFree = false;
  void held.release().then(() => (isFree = true));
  t.true(await until(() => isFree, { what: 'the lane let go' }));
});
