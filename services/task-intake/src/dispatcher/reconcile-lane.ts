import { laneTopics, subtaskJobId, taskResults, type Lane, type TaskResult } from '@backend2/contracts';
import type { Streams } from '@backend2/streams';
import type { Claimed, DispatchStore, SubtaskRun } from '../adapters/postgres-dispatch-store.ts';

/**
 * Finds runs that Postgres holds for unfinished while Redis knows nothing of them: lost with a flushed or
 * failed-over Redis, or never published because a dispatcher died in between. They are begun anew, as runs
 * of their own.
 *
 * A run's entry moves from the lane's stream to its delayed set and back, or in one step to the results, and
 * from there into Postgres; so places are looked at in this order, and what is missing is looked for twice
 * before it counts as lost.
 */
export const reconcileLane = async (
  lane: Lane,
  streams: Streams,
  store: DispatchStore,
): Promise<Claimed[]> => {
  let missing = await store.inFlight(lane);
  for (let look = 0; look < 2 && missing.length > 0; look += 1)
    missing = await notInRedis(lane, streams, missing);
  return missing.length === 0 ? [] : store.renew(missing);
};

/** A run that said it began, or how far it is, may still have lost its entry; only an end takes its place. */
const hasEnded = ({ type }: TaskResult): boolean =>
  type === 'succeeded' || type === 'failed' || type === 'cancelled';

const notInRedis = async (
  lane: Lane,
  streams: Streams,
  runs: readonly SubtaskRun[],
): Promise<SubtaskRun[]> => {
  const known = new Set<string>();
  for await (const { payload } of streams.contents(laneTopics[lane])) known.add(subtaskJobId(payload));
  for await (const { payload } of streams.contents(taskResults))
    if (hasEnded(payload)) known.add(subtaskJobId(payload));
  return runs.filter((run) => !known.has(subtaskJobId(run)));
};
