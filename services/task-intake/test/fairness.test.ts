import type { Principal, SubtaskJob, TaskSubmission } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { aUser, startIntake, type Intake } from './intake-process.ts';

const slots = 16;
const values = (count: number) => Array.from({ length: count }, (_, i) => i);

/** A lane of 16 slots, and the task of each subtask in the order they began. */
const startLane = async (t: ExecutionContext) => {
  const intake = await startIntake(t);
  const begun: string[] = [];
  await intake.announceWorker({ slots });
  await intake.startWorker(async ({ taskId }: SubtaskJob) => {
    begun.push(taskId);
    await nextTurn();
  }, slots);
  const begunOf = (taskId: string, from = 0) => begun.slice(from).filter((id) => id === taskId).length;
  return { intake, begun, begunOf };
};

const sweepOf = (cells: number, parts: Partial<TaskSubmission> = {}): Partial<TaskSubmission> => ({
  input: { url: 'http://localhost/{{a}}/{{b}}/{{c}}' },
  variables: [
    { name: 'a', values: values(Math.min(100, cells)) },
    { name: 'b', values: values(Math.min(100, Math.max(1, cells / 100))) },
    { name: 'c', values: values(Math.max(1, cells / 10_000)) },
  ],
  ...parts,
});

/** Looks at the lane's window until the work is done, and answers the widest it was. */
const widestUntil = async (
  intake: Intake,
  isDone: () => boolean,
  options: { timeoutMs: number; what: string },
): Promise<number> => {
  let widest = 0;
  await until(async () => {
    const done = isDone();
    widest = Math.max(widest, await intake.metric(intake.first, 'backend2_lane_window', 'standard'));
    return done;
  }, options);
  return widest;
};

test.serial(
  "Field note 2: four cells behind another user's 100,000 end within a few windows of the lane",
  async (t) => {
    const { intake, begun, begunOf } = await startLane(t);
    const { id: flood, total } = await intake.submit(sweepOf(100_000));
    t.is(total, 100_000);
    await until(() => begunOf(flood) > 1000, { timeoutMs: 30_000, what: 'the flood under way' });
    const neighbour = aUser();
    const from = begun.length;
    const { id: small } = await intake.submit({}, neighbour);
    const window = await widestUntil(intake, () => begunOf(small, from) === 4, {
      timeoutMs: 30_000,
      what: 'the four cells',
    });
    const ahead = begun.indexOf(small, from) - from;
    const through = begun.lastIndexOf(small) - from;
    t.log({ window, ahead, through });
    t.true(through <= 3 * window, `${through} cells went by, the window is ${window}`);
    t.true(begunOf(flood) < 50_000);
  },
);

test.serial('two owners share a lane evenly, however many tasks each has', async (t) => {
  const { intake, begun } = await startLane(t);
  const [many, one] = [aUser(), aUser()];
  await intake.rpc.call('lanes.pause', { principal: aUser('admin'), lane: 'standard' });
  for (let i = 0; i < 8; i += 1) await intake.submit(sweepOf(500), many);
  const { id } = await intake.submit(sweepOf(1500), one);
  await intake.rpc.call('lanes.resume', { principal: aUser('admin'), lane: 'standard' });
  await until(() => begun.length >= 2000, { timeoutMs: 60_000, what: '2,000 cells' });
  const share = begun.slice(0, 2000).filter((taskId) => taskId === id).length / 2000;
  t.log({ share });
  t.true(share > 0.4 && share < 0.6, `${share} of the cells were the one's`);
});

test.serial(
  'Field note 13: a higher priority overtakes a large backlog, none is not the first, and the lowest still gets on',
  async (t) => {
    const { intake, begun, begunOf } = await startLane(t);
    const [owner, other] = [intake.user, aUser()];
    const { id: backlog } = await intake.submit(sweepOf(100_000), owner);
    await until(() => begunOf(backlog) > 500, { timeoutMs: 30_000, what: 'the backlog under way' });

    /** Submits, waits until its cells began, and answers how many cells of the backlog began in between. */
    const passed = async (principal: Principal, cells: number, priority: number) => {
      const from = begun.length;
      const { id } = await intake.submit(sweepOf(cells, { priority }), principal);
      const window = await widestUntil(intake, () => begunOf(id, from) === cells, {
        timeoutMs: 60_000,
        what: `priority ${priority}`,
      });
      return { count: begunOf(backlog, from) - (begun.length - 1 - begun.lastIndexOf(id)), window };
    };
    const urgent = await passed(owner, 200, 7);
    t.true(urgent.count <= 3 * urgent.window, `${urgent.count} went before the urgent ones`);
    const usual = await passed(owner, 200, 0);
    t.true(usual.count >= 100, `only ${usual.count} went beside those without a priority`);
    const lowest = await passed(other, 40, -10);
    t.true(lowest.count >= 40, `only ${lowest.count} went before the lowest`);
  },
);
