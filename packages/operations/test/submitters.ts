import type { Client, NewTask } from '@backend2/client';
import type { Lane } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';

const cellsOfTask = 4;
const timeoutMs = 240_000;

/** Gets one task accepted and answers its id; undefined where it was not. */
export type Submit = (task: NewTask) => Promise<string | undefined>;

export interface Submitters {
  /** Resolves when so many more tasks than now were accepted. */
  accept(count: number, after: string): Promise<void>;
  /** Resolves when what was begun is submitted; nothing more is. */
  stop(): Promise<void>;
  /** Demands that every task accepted succeeds, and answers how many they are and how many subtasks. */
  demandSuccess(
    t: ExecutionContext,
    client: Client,
  ): Promise<{ readonly tasks: number; readonly subtasks: number }>;
}

/** Submitters without a pause, each task of theirs once the one before was submitted. */
export const startSubmitters = (
  /** A template for `{{n}}`, which every subtask asks with a value of its own. */
  url: string,
  /** One for each submitter. */
  submits: readonly Submit[],
  onLanes: readonly Lane[] = ['standard'],
): Submitters => {
  let working = true;
  const accepted: string[] = [];
  const work = async (submit: Submit, submitter: number) => {
    for (let number = 0; working; number += 1) {
      const name = `${submitter}-${number}`;
      const values = Array.from({ length: cellsOfTask }, (_, cell) => `${name}-${cell}`);
      const id = await submit({
        name,
        kind: 'http.request',
        lane: onLanes[number % onLanes.length] ?? 'standard',
        input: { url },
        variables: [{ name: 'n', values }],
      });
      if (id !== undefined) accepted.push(id);
    }
  };
  const all = Promise.all(submits.map(work));
  return {
    accept: async (count, after) => {
      const before = accepted.length;
      await until(() => accepted.length >= before + count, {
        timeoutMs,
        what: `tasks accepted after ${after}`,
      });
    },
    stop: async () => {
      working = false;
      await all;
    },
    demandSuccess: async (t, client) => {
      for (const id of accepted) {
        const task = await until(
          async () => {
            const now = await client.tasks.get(id);
            return now.finishedAt !== null && now;
          },
          { timeoutMs, everyMs: 200, what: `task ${id} finished` },
        );
        t.is(task.state, 'succeeded');
      }
      return { tasks: accepted.length, subtasks: accepted.length * cellsOfTask };
    },
  };
};

/** Whoever was not answered asks again with the same key. */
export const untilAccepted =
  (client: Client): Submit =>
  async (task) => {
    const create = () => client.tasks.create(task, { idempotencyKey: task.name });
    return (await until(create, { timeoutMs, everyMs: 200, what: `task ${task.name} accepted` })).id;
  };
