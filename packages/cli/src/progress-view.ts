import type { TaskView } from '@backend2/contracts';
import cliProgress from 'cli-progress';
import type { Io } from './io.ts';

export interface ProgressView {
  update(task: TaskView): void;
  stop(): void;
}

const doneOf = ({ counts }: TaskView): number => counts.succeeded + counts.failed + counts.cancelled;

const wordsOf = ({ counts, state }: TaskView): string =>
  [
    state.replaceAll('_', ' '),
    counts.running > 0 ? `${counts.running} running` : '',
    counts.failed > 0 ? `${counts.failed} failed` : '',
  ]
    .filter(Boolean)
    .join(', ');

/** A bar at a terminal, else a line whenever something changed. On the error stream: the output is the result's. */
export const progressView = (io: Io): ProgressView => (io.err.isTTY ? bar(io) : lines(io));

const bar = (io: Io): ProgressView => {
  const shown = new cliProgress.SingleBar(
    {
      format: '{name} [{bar}] {value}/{total} {words} {duration_formatted}',
      stream: io.err,
      hideCursor: true,
      etaBuffer: 50,
    },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    update: (task) => {
      const payload = { name: task.name, words: wordsOf(task) };
      if (started) shown.update(doneOf(task), payload);
      else shown.start(task.total, doneOf(task), payload);
      started = true;
    },
    stop: () => shown.stop(),
  };
};

const lines = (io: Io): ProgressView => {
  let last = '';
  return {
    update: (task) => {
      const line = `${task.name}: ${doneOf(task)} of ${task.total}, ${wordsOf(task)}`;
      if (line !== last) io.err.write(`${line}\n`);
      last = line;
    },
    stop: () => undefined,
  };
};
