import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { laneTopics, subtaskJobId, type Principal, type SubtaskJob } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { aUser, startIntake, type Intake } from './intake-process.ts';

const slots = 16;
const cells = 300;
/** What a cell is to its slot: so long a time, which is what is measured here. */
const workOfACell = () => delay(100);

/** Jobs put on the lane by hand, all at once: what these workers can do at the best on this machine now. */
const publishBare = (intake: Intake): Promise<unknown> =>
  intake.streams.publisher(laneTopics.standard).publishMany(
    Array.from({ length: cells }, () => {
      const payload: SubtaskJob = {
        taskId: randomUUID(),
        ordinal: 0,
        run: 1,
        kind: 'http.request',
        input: {},
        timeoutMs: 60_000,
        maxAttempts: 1,
      };
      return { payload, options: { id: subtaskJobId(payload) } };
    }),
  );

test('Field note 14: fair shares, priorities and quotas leave hardly a slot idle while there is work', async (t) => {
  const intake = await startIntake(t, {
    MAX_UNFINISHED_TASKS_PER_USER: '2',
    MAX_WAITING_SUBTASKS_PER_USER: '200',
  });
  await intake.announceWorker({ slots });
  let done = 0;
  let busyMs = 0;
  let firstAt = Number.POSITIVE_INFINITY;
  await intake.startWorker(async () => {
    const from = performance.now();
    firstAt = Math.min(firstAt, from);
    await workOfACell();
    busyMs += performance.now() - from;
    done += 1;
  }, slots);
  /** How much of the time the slots were busy from the first cell to the last. */
  const useOf = async (submit: () => Promise<unknown>): Promise<number> => {
    done = 0;
    busyMs = 0;
    firstAt = Number.POSITIVE_INFINITY;
    await submit();
    await until(() => done === cells, { timeoutMs: 60_000, everyMs: 2, what: 'every cell' });
    return busyMs / (slots * (performance.now() - firstAt));
  };
  const submitLimited = () => {
    const values = Array.from({ length: cells / 6 }, (_, n) => n);
    const submit = (priority: number, owner: Principal) =>
      intake.submit({ variables: [{ name: 'n', values }], priority }, owner);
    const owners = [aUser(), aUser(), aUser()];
    return Promise.all(owners.flatMap((owner, i) => [submit(0, owner), submit(3 * i, owner)]));
  };
  const bare = await useOf(() => publishBare(intake));
  let limited = 0;
  // Of several runs the best counts: whatever else has the machine for a while leaves slots idle too.
  for (let run = 0; run < 3 && limited <= bare / 2; run += 1)
    limited = Math.max(limited, await useOf(submitLimited));
  t.log({ bare, limited });
  t.true(limited > bare / 2, `slots were busy ${limited} of the time, ${bare} without a dispatcher`);
});
