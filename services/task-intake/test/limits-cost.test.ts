import { laneTopics, workersGroup, type Principal } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { aUser, startIntake } from './intake-process.ts';

const slots = 16;
const cells = 300;
/** As many as lie ready at least beside those that run, before the dispatcher finds the lane low. */
const ready = slots / 2;

test('Field note 14: fair shares, priorities and quotas cost no slot its next cell, and a turn moves many', async (t) => {
  const intake = await startIntake(t, {
    MAX_UNFINISHED_TASKS_PER_USER: '2',
    MAX_WAITING_SUBTASKS_PER_USER: '200',
  });
  const { first, streams } = intake;
  const running: (() => void)[] = [];
  let begun = 0;
  const endAll = (): void => {
    for (const end of running.splice(0)) end();
  };
  await intake.startWorker(
    () =>
      new Promise((end) => {
        begun += 1;
        running.push(end);
      }),
    slots,
  );
  t.teardown(() => {
    first.kill('SIGCONT');
    endAll();
  });
  await intake.announceWorker({ slots });
  const values = Array.from({ length: cells / 6 }, (_, n) => n);
  const submit = (priority: number, owner: Principal) =>
    intake.submit({ variables: [{ name: 'n', values }], priority }, owner);
  const owners = [aUser(), aUser(), aUser()];
  await Promise.all(owners.flatMap((owner, i) => [submit(0, owner), submit(3 * i, owner)]));

  const onLane = async (): Promise<number> =>
    (await streams.inspect(laneTopics.standard, workersGroup)).length;
  for (let ended = 0; ended < cells;) {
    const isBusy = (): boolean => begun === Math.min(cells, ended + slots);
    const isFull = async (): Promise<boolean> => {
      await intake.announceWorker({ slots });
      return isBusy() && (await onLane()) >= Math.min(cells - ended, slots + ready);
    };
    await until(isFull, { what: 'a full lane' });
    // Whatever ends now finds what comes next although nobody dispatches.
    first.kill('SIGSTOP');
    const some = running.splice(0, ready);
    ended += some.length;
    for (const end of some) end();
    await until(isBusy, { what: 'every slot busy without a dispatcher' });
    first.kill('SIGCONT');
  }
  const turns = await intake.metric(first, 'backend2_dispatch_seconds_count');
  t.log({ turns });
  t.true(turns > 0 && turns <= cells / ready, `${turns} turns for ${cells} cells`);
});
