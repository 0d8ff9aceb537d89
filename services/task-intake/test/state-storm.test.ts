import { randomUUID } from 'node:crypto';
import {
  DomainError,
  isFinalSubtaskState,
  isFinalTaskState,
  taskSubmissionSchema,
  type SubtaskState,
  type TaskState,
} from '@backend2/contracts';
import test from 'ava';
import fc from 'fast-check';
import { QueryTypes, type Sequelize } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { cancelTask, pauseTask, resumeTask, retryTask } from '../src/adapters/postgres-control-store.ts';
import { postgresDispatchStore } from '../src/adapters/postgres-dispatch-store.ts';
import { postgresQuotaStore } from '../src/adapters/postgres-quota-store.ts';
import { postgresRecorderStore } from '../src/adapters/postgres-recorder-store.ts';
import { insertSubtasks, insertTask } from '../src/adapters/postgres-task-store.ts';
import { acceptSubmission } from '../src/domain/accept-submission.ts';
import type { Progress } from '../src/domain/merge-results.ts';
import { drift } from './books.ts';
import { aUser } from './intake-process.ts';
import { connectMigrated } from './migrated-database.ts';

// A model of one task, as docs/task-states.md tells it, beside the stores on a real Postgres: after each of any
// series of acts both must say the same.

const nothingKept = async (): Promise<void> => undefined;

interface Cell {
  state: SubtaskState;
  run: number;
  attempt: number;
}

type Act =
  | { readonly act: 'claim'; readonly count: number }
  | {
      readonly act: 'hear';
      readonly ordinal: number;
      readonly state: Progress['state'];
      readonly attempt: number;
      readonly runBack: number;
    }
  | { readonly act: 'renew' | 'cancel' | 'pause' | 'resume' | 'retry' }
  | { readonly act: 'retryOne'; readonly ordinal: number };

const cellCount = 3;
const aCell = fc.nat({ max: cellCount - 1 });
const anAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('claim' as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      act: fc.constant('hear' as const),
      ordinal: aCell,
      state: fc.constantFrom<Progress['state'][]>('running', 'queued', 'succeeded', 'failed', 'cancelled'),
      attempt: fc.integer({ min: 1, max: 2 }),
      runBack: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constantFrom('renew' as const, 'pause' as const, 'resume' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('retry' as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('retryOne' as const), ordinal: aCell }) },
);

const open = (state: SubtaskState): boolean => state === 'queued' || state === 'running';

class Model {
  state: TaskState = 'pending';
  readonly cells: Cell[] = Array.from({ length: cellCount }, () => ({
    state: 'pending',
    run: 0,
    attempt: 0,
  }));

  /** The task's state follows from its cells; `paused` and `cancelled` are wishes that hold. */
  settle(): void {
    const is = (state: SubtaskState): boolean => this.cells.some((cell) => cell.state === state);
    const left = is('pending') || is('queued') || is('running');
    if (left) {
      if (this.state === 'paused') return;
      const begun = is('running') || is('succeeded') || is('failed') || this.state === 'running';
      this.state = begun ? 'running' : 'pending';
    } else if (this.state !== 'cancelled') {
      if (!is('failed') && !is('cancelled')) this.state = 'succeeded';
      else if (!is('failed') && !is('succeeded')) this.state = 'cancelled';
      else this.state = is('succeeded') ? 'partially_failed' : 'failed';
    }
  }

  apply(act: Act): void {
    switch (act.act) {
      case 'claim': {
        if (this.state !== 'pending' && this.state !== 'running') return;
        const next = this.cells.filter(({ state }) => state === 'pending').slice(0, act.count);
        for (const cell of next) Object.assign(cell, { state: 'queued', run: cell.run + 1, attempt: 0 });
        if (next.length > 0) this.settle();
        return;
      }
      case 'hear': {
        const cell = this.cells[act.ordinal] as Cell;
        if (act.runBack > 0 || !open(cell.state)) return;
        const legal =
          act.state === 'running'
            ? cell.state === 'queued' && act.attempt > cell.attempt
            : act.state !== 'queued' ||
              act.attempt > cell.attempt ||
              (act.attempt === cell.attempt && cell.state === 'running');
        if (!legal) return;
        Object.assign(cell, { state: act.state, attempt: act.attempt });
        return this.settle();
      }
      case 'renew': {
        const lost = this.cells.filter(({ state }) => open(state));
        for (const cell of lost) Object.assign(cell, { state: 'queued', run: cell.run + 1, attempt: 0 });
        if (lost.length > 0) this.settle();
        return;
      }
      case 'cancel':
        if (isFinalTaskState(this.state)) return;
        this.state = 'cancelled';
        for (const cell of this.cells) if (!isFinalSubtaskState(cell.state)) cell.state = 'cancelled';
        return;
      case 'pause':
        if (!isFinalTaskState(this.state)) this.state = 'paused';
        return;
      case 'resume':
        if (this.state === 'paused')
          this.state = this.cells.some(({ state }) => state !== 'pending') ? 'running' : 'pending';
        return;
      case 'retry':
        return this.#retry(this.cells.filter(({ state }) => state === 'failed'));
      case 'retryOne':
        return this.#retry(
          [this.cells[act.ordinal] as Cell].filter(
            ({ state }) => state === 'failed' || state === 'cancelled',
          ),
        );
    }
  }

  #retry(cells: readonly Cell[]): void {
    const highest = Math.max(...this.cells.map(({ run }) => run));
    for (const cell of cells) Object.assign(cell, { state: 'pending', run: highest });
    if (cells.length > 0) this.settle();
  }
}

/** The same on the stores; a refusal is one of those the model keeps silent about. */
const perform = async (database: Sequelize, taskId: string, act: Act, model: Model): Promise<void> => {
  const owner = { ...aUser('admin') };
  const dispatch = postgresDispatchStore(database);
  const quotas = postgresQuotaStore(database, { unfinishedTasks: 0, waitingSubtasks: 0, schedules: 0 });
  const expected = new Set(['task_finished', 'task_not_paused', 'nothing_to_retry']);
  const unlessRefused = (work: Promise<unknown>) =>
    work.catch((error: unknown) => {
      if (!(error instanceof DomainError) || !expected.has(error.code)) throw error;
    });
  switch (act.act) {
    case 'claim':
      await dispatch.claim(new Map([[taskId, act.count]]));
      return;
    case 'hear':
      await postgresRecorderStore(database, '/api/v1').record([
        {
          taskId,
          ordinal: act.ordinal,
          run: Math.max(0, (model.cells[act.ordinal] as Cell).run - act.runBack),
          attempt: act.attempt,
          state: act.state,
          startedAt: null,
          finishedAt: null,
          durationMs: null,
          result: null,
          error: null,
          artifacts: [],
        },
      ]);
      return;
    case 'renew':
      await dispatch.renew((await dispatch.inFlight('lumina')).filter((run) => run.taskId === taskId));
      return;
    case 'cancel':
      await unlessRefused(cancelTask(database, owner, taskId));
      return;
    case 'pause':
      await unlessRefused(pauseTask(database, owner, taskId));
      return;
    case 'resume':
      await unlessRefused(resumeTask(database, owner, taskId));
      return;
    case 'retry':
      await unlessRefused(retryTask(database, owner, { taskId }, quotas, nothingKept));
      return;
    case 'retryOne':
      await unlessRefused(retryTask(database, owner, { taskId, ordinal: act.ordinal }, quotas, nothingKept));
      return;
  }
};

test('after any series of dispatches, results, cancels, pauses, retries and losses the books say what the model says', async (t) => {
  const { primaryUrl, database } = await connectMigrated(t);
  const accepted = acceptSubmission(
    taskSubmissionSchema.parse({
      name: 'any',
      kind: 'k.one',
      lane: 'lumina',
      input: ['{{a}}', '{{b}}'],
      variables: [
        { name: 'a', values: [1] },
        { name: 'b', values: [1, 2, 3] },
      ],
    }),
    { maxSubtasks: 10, offered: { 'k.one': [] } },
  );
  const property = fc.asyncProperty(
    fc.array(anAct, { minLength: 5, maxLength: 40, size: 'max' }),
    async (acts) => {
      const taskId = uuidv7();
      await database.transaction(async (transaction) => {
        const task = await insertTask(database, transaction, taskId, randomUUID(), accepted);
        if (task) await insertSubtasks(database, transaction, task);
      });
      const model = new Model();
      for (const act of acts) {
        await perform(database, taskId, act, model);
        model.apply(act);
        const rows = await database.query<Cell & { task: TaskState }>(
          `SELECT s.state, s.run, s.attempt, t.state AS task FROM subtasks s JOIN tasks t ON t.id = s.task_id
         WHERE s.task_id = $1 ORDER BY s.ordinal`,
          { bind: [taskId], type: QueryTypes.SELECT },
        );
        const books = {
          task: rows[0]?.task,
          cells: rows.map(({ state, run, attempt }) => ({ state, run, attempt })),
        };
        const wanted = { task: model.state, cells: model.cells };
        if (JSON.stringify(books) !== JSON.stringify(wanted))
          throw new Error(
            `${JSON.stringify(act)}: ${JSON.stringify(books)} is not ${JSON.stringify(wanted)}`,
          );
      }
    },
  );
  await fc.assert(property, { numRuns: 50 });
  t.deepEqual(await drift(primaryUrl), []);
});
