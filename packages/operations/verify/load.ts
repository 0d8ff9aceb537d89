import type { Client } from '@backend2/client';
import { lanes, type Lane } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import type { CountingTarget } from '../test/counting-target.ts';

const cellsOfTask = 6;

export interface Load {
  /** What went wrong for somebody, at any time. */
  readonly failures: readonly string[];
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
  onLanes: readonly Lane[] = lanes,
): Load => {
  let working = true;
  let answers = 0;
  const failures: string[] = [];
  const acknowledged: string[] = [];
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
  const submit = async (submitter: number, clientNow: () => Client | Promise<Client>) => {
    for (let number = 0; working; number += 1) {
      const name = `${submitter}-${number}`;
      const values = Array.from({ length: cellsOfTask }, (_, cell) => `${name}-${cell}`);
      const lane = onLanes[number % onLanes.length] ?? 'standard';
      const variables = [{ name: 'n', values }];
      const input = { url: target.url };
      const client = await noting(`client of ${name}`, clientNow);
      const task = await noting(`submission ${name}`, async () =>
        client?.tasks.create({ name, kind: 'http.request', lane, input, variables }),
      );
      if (client === undefined || task === undefined) continue;
      acknowledged.push(task.id);
      const begun = async () => {
        const now = await noting(`reading ${name}`, () => client.tasks.get(task.id));
        return !working || (now?.counts.succeeded ?? 0) > 0;
      };
      await until(begun, { timeoutMs: 60_000, everyMs: 50, what: `the first result of ${name}` });
    }
  };
  const submitters = clients.map((clientNow, number) => submit(number, clientNow));
  return {
    failures,
    goesOn: async (after) => {
      const before = acknowledged.length;
      await until(() => acknowledged.length >= before + 3, {
        timeoutMs: 60_000,
        what: `tasks accepted after ${after}`,
      });
    },
    endsWhole: async (t, client) => {
      working = false;
      await Promise.all(submitters);
      t.deepEqual(failures, []);
      for (const id of acknowledged) {
        const task = await until(
          async () => {
            const now = await client.tasks.get(id);
            return now.finishedAt !== null && now;
          },
          { timeoutMs: 120_000, everyMs: 100, what: `task ${id} finished` },
        );
        t.is(task.state, 'succeeded');
      }
      t.is(target.counts.size, acknowledged.length * cellsOfTask);
      t.deepEqual(
        [...target.counts].filter(([, count]) => count !== 1),
        [],
        'no cell ran twice',
      );
      t.log(
        `${acknowledged.length} tasks, ${target.counts.size} subtasks, ${answers} requests answered, none failed`,
      );
    },
  };
};
