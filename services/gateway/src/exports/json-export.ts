import { Readable } from 'node:stream';
import type { SubtaskView, TaskDetail } from '@backend2/contracts';

/** `{ task, subtasks: [...] }`, a subtask a line. */
export const jsonExport = (task: TaskDetail, subtasks: AsyncIterable<SubtaskView>): Readable => {
  const parts = async function* () {
    yield `{"task":${JSON.stringify(task)},\n"subtasks":[`;
    let separator = '\n';
    for await (const subtask of subtasks) {
      yield separator + JSON.stringify(subtask);
      separator = ',\n';
    }
    yield '\n]}\n';
  };
  return Readable.from(parts());
};
