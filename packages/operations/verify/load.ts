import type { Client } from '@backend2/client';
import type { Lane } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import type { CountingTarget } from '../test/counting-target.ts';
import { startSubmitters, type Submit } from '../test/submitters.ts';

export interface Load {
  /** Resolves when three more tasks than now were accepted. */
  goesOn(after: string): Promise<void>;
  /** Ends it, and demands that no request failed, that every task acknowledged succeeds, and that no cell ran twice. */
  endsWhole(t: ExecutionContext, client: Client): Promise<void>;
}

/**
 * Submitters without a pause, each task once the one before has its first result. Nothing is asked twice: whatever a person
 * would have seen counts.
 */
export const startLoad = (
  target: CountingTarget,
  /** One for each submitter; asked before each task. */
  clients: readonly (() => Client | Promise<Client>)[],
  onLanes?: readonly Lane[],
): Load => {
  let answers = 0;
  /** What went wrong for somebody, at any time. */
  const failures: string[] = [];
  /** Undefined when it failed. */
  const noting = async <T>(what: string, ask: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      const answer = await ask();
      answers += 1;
      return answer;
    } catch (error) {
      failures.push(`${what}: ${String(error)} (${String((error as Error).cause)})`);
      return undefined;
    }
  };
  const submitOnce =
    (clientNow: () => Client | Promise<Client>): Submit =>
    async (task) => {
      const client = await noting(`client of ${task.name}`, clientNow);
      const made = await noting(`submission ${task.name}`, async () => client?.tasks.create(task));
      if (client === undefined || made === undefined) return undefined;
      const begun = async () => {
        const now = await noting(`reading ${task.name}`, () => client.tasks.get(made.id));
        return (now?.counts.succeeded ?? 0) > 0;
      };
      await until(begun, { timeoutMs: 60_000, everyMs: 50, what: `the first result of ${task.name}` });
      return made.id;
    };
  const submitters = startSubmitters(target.url, clients.map(submitOnce), onLanes);
  return {
    goesOn: (after) => submitters.accept(3, after),
    endsWhole: async (t, client) => {
      await submitters.stop();
      t.deepEqual(failures, []);
      const { tasks, subtasks } = await submitters.demandSuccess(t, client);
      target.demandEachOnce(t, subtasks);
      t.log(`${tasks} tasks, ${subtasks} subtasks, ${answers} requests answered, none failed`);
    },
  };
};
