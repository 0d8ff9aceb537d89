import { laneTopics, subtaskJobId, type Lane, type SubtaskJob } from '@backend2/contracts';
import { newTrace, spansAreRecorded, startSpan, type Span } from '@backend2/service-kit';
import type { PublishOptions, Streams } from '@backend2/streams';
import type { Claimed } from '../adapters/postgres-dispatch-store.ts';
import type { TaskRow } from '../adapters/task-rows.ts';
import { cellValues } from '../domain/axes.ts';
import { compileTemplate } from '../domain/template.ts';

/** Puts claimed cells on the lane, in the order given, each with its values filled in. */
export const publishJobs = async (
  lane: Lane,
  streams: Streams,
  claimed: readonly Claimed[],
): Promise<number> => {
  const messages: { payload: SubtaskJob; options: PublishOptions }[] = [];
  const spans: Span[] = [];
  for (const { task, runs } of claimed) {
    const trace = spanOf(task, lane, runs.length, spans);
    const render = compileTemplate(task.input);
    const valuesOf = cellValues(task.variables, task.axes);
    for (const { ordinal, run } of runs) {
      const payload = {
        taskId: task.id,
        ordinal,
        run,
        kind: task.kind,
        input: render(valuesOf(ordinal)),
        timeoutMs: task.timeout_ms,
        maxAttempts: task.max_attempts,
      };
      messages.push({
        payload,
        options: { id: subtaskJobId(payload), maxAttempts: task.max_attempts, trace },
      });
    }
  }
  try {
    if (messages.length > 0) await streams.publisher(laneTopics[lane]).publishMany(messages);
  } catch (error) {
    for (const span of spans) span.fail(error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
  return messages.length;
};

/** One span for what is published of a task at a time; where none are recorded, the task's own trace serves. */
const spanOf = (task: TaskRow, lane: Lane, count: number, spans: Span[]): string | undefined => {
  const parent = task.trace ?? undefined;
  if (count === 0 || !spansAreRecorded()) return parent;
  const span = startSpan(`dispatch ${lane}`, {
    kind: 'producer',
    parent: parent ?? newTrace(),
    attributes: { 'backend2.task_id': task.id, 'messaging.batch.message_count': count },
  });
  spans.push(span);
  return span.traceparent;
};
