import { laneTopics, subtaskJobId, type Lane, type SubtaskJob } from '@backend2/contracts';
import type { PublishOptions, Streams } from '@backend2/streams';
import type { Claimed } from '../adapters/postgres-dispatch-store.ts';
import { valuesOf } from '../domain/axes.ts';
import { compileTemplate } from '../domain/template.ts';

/** Puts claimed cells on the lane, in the order given, each with its values filled in. */
export const publishJobs = async (
  lane: Lane,
  streams: Streams,
  claimed: readonly Claimed[],
): Promise<number> => {
  const messages: { payload: SubtaskJob; options: PublishOptions }[] = [];
  for (const { task, runs } of claimed) {
    const render = compileTemplate(task.input);
    for (const { ordinal, run } of runs) {
      const payload = {
        taskId: task.id,
        ordinal,
        run,
        kind: task.kind,
        input: render(valuesOf(task.variables, task.axes, ordinal)),
        timeoutMs: task.timeout_ms,
        maxAttempts: task.max_attempts,
      };
      messages.push({ payload, options: { id: subtaskJobId(payload), maxAttempts: task.max_attempts } });
    }
  }
  if (messages.length > 0) await streams.publisher(laneTopics[lane]).publishMany(messages);
  return messages.length;
};
