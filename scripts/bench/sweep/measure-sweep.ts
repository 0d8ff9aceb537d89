import { until } from '@backend2/testkit';
import type { SweepSystem } from './sweep-system.ts';

export interface SweepRun {
  /** Until the answer to its submission. */
  readonly acceptedMs: number;
  /** From the answer to its submission until its first subtask began; the answer may be the later of the two. */
  readonly firstMs: number;
  /** From its submission until its last subtask was recorded, by Postgres's clock, which is this machine's. */
  readonly wholeMs: number;
}

const axis = (name: string, length: number) => ({ name, range: { from: 1, to: length, step: 1 } });

/** A task of `side` x `side` cells, each of which does nothing, and all of it into rows of Postgres. */
export const measureSweep = async ({ client, postgres }: SweepSystem, side: number): Promise<SweepRun> => {
  const began = performance.now();
  const beganAt = Date.now();
  const { id } = await client.tasks.create({
    name: `${side} by ${side}`,
    kind: 'bench.noop',
    input: { n: '{{a}}-{{b}}' },
    variables: [axis('a', side), axis('b', side)],
  });
  const acceptedMs = performance.now() - began;
  const acceptedAt = Date.now();
  // Of Postgres, and rarely: each question to the API is work of four processes, on the two cores that are measured.
  const finishedAt = await until(
    async () => {
      const { rows } = await postgres.query<{ end: Date | null }>(
        'SELECT finished_at AS "end" FROM tasks WHERE id = $1',
        [id],
      );
      return rows[0]?.end;
    },
    { timeoutMs: 300_000, everyMs: 50, what: 'the task finished' },
  );
  const wholeMs = finishedAt.getTime() - beganAt;
  const { rows } = await postgres.query<{ first: string; succeeded: string }>(
    `SELECT extract(epoch FROM min(started_at)) * 1000 AS first,
            count(*) FILTER (WHERE state = 'succeeded') AS succeeded
     FROM subtasks WHERE task_id = $1`,
    [id],
  );
  const succeeded = Number(rows[0]?.succeeded);
  if (succeeded !== side * side) throw new Error(`${succeeded} of ${side * side} subtasks succeeded`);
  return { acceptedMs, firstMs: Number(rows[0]?.first) - acceptedAt, wholeMs };
};

export interface WaitingMemory {
  readonly few: number;
  readonly fewBytes: number;
  readonly many: number;
  readonly manyBytes: number;
}

/** Redis's data while subtasks that do not end fill every slot, behind few waiting and behind many. */
export const measureWaitingMemory = async (
  { client, redisBytes }: SweepSystem,
  side: number,
  tasks: number,
): Promise<WaitingMemory> => {
  const held: string[] = [];
  const submit = async (name: string, length: number, copies: number) => {
    const { id } = await client.tasks.create({
      name,
      kind: 'bench.noop',
      input: { n: '{{a}}-{{b}}', hold: true },
      variables: [axis('a', length), axis('b', length)],
      batchSize: copies,
      timeoutMs: 3_600_000,
    });
    held.push(id);
    return id;
  };
  const first = await submit('few', side, 1);
  let earlier = 0;
  const isWindowFull = async () => {
    const { queued, running } = (await client.tasks.get(first)).counts;
    const now = queued + running;
    const isSteady = running > 0 && now === earlier;
    earlier = now;
    return isSteady;
  };
  await until(isWindowFull, { timeoutMs: 60_000, everyMs: 1000, what: 'the window full' });
  const fewBytes = await redisBytes();
  for (let task = 0; task < tasks; task += 1) await submit(`many ${task}`, side, 10);
  earlier = 0;
  await until(isWindowFull, { timeoutMs: 60_000, everyMs: 1000, what: 'the window full again' });
  const manyBytes = await redisBytes();
  for (const id of held) await client.tasks.cancel(id);
  return { few: side * side, fewBytes, many: side * side * (1 + 10 * tasks), manyBytes };
};
