import type { TaskView } from '@backend2/contracts';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';

/** Shows how far each task is. */
export interface Progress {
  update(task: TaskView): void;
  stop(): void;
}

const done = ({ counts }: TaskView) => counts.succeeded + counts.failed + counts.cancelled;

function describe(task: TaskView): string {
  const { running, failed } = task.counts;
  return `${running} running${failed > 0 ? `, ${failed} failed` : ''}`;
}

/** Bars that fill in a terminal. */
function bars(stream: NodeJS.WriteStream): Progress {
  const multi = new MultiBar(
    { stream, format: '  {lane} {bar} {value}/{total}  {state}', hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  const byTask = new Map<string, SingleBar>();
  return {
    update: (task) => {
      const payload = { lane: task.lane.padEnd(8), state: describe(task) };
      const bar = byTask.get(task.id) ?? multi.create(task.total, 0, payload);
      byTask.set(task.id, bar);
      bar.update(done(task), payload);
    },
    stop: () => multi.stop(),
  };
}

/** A line for every tenth, for logs. */
function lines(stream: NodeJS.WritableStream): Progress {
  const told = new Map<string, number>();
  return {
    update: (task) => {
      const tenth = Math.floor((done(task) / task.total) * 10);
      if (tenth <= (told.get(task.id) ?? -1)) return;
      told.set(task.id, tenth);
      stream.write(`  ${task.lane.padEnd(8)} ${done(task)}/${task.total}  ${describe(task)}\n`);
    },
    stop: () => undefined,
  };
}

export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? bars(stream) : lines(stream);
}
