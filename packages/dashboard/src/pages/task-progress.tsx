import { isFinalTaskState } from '@backend2/contracts';
import type { SubtaskState, TaskDetail } from '@backend2/contracts';
import type { LiveTask } from '../state/live-task.ts';
import { rateOf, secondsLeft, settledOf } from '../state/progress.ts';
import { useStore } from '../state/use-store.ts';
import { formatCount, formatDuration, formatRate } from '../ui/format.ts';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { stateNames } from '../ui/state-chip.tsx';
import { useNow } from '../ui/use-now.ts';

const told: readonly SubtaskState[] = ['succeeded', 'failed', 'running', 'queued', 'pending', 'cancelled'];

/** How far the task is, how fast it goes and how long it will take. */
export const TaskProgress = ({ live, task }: { live: LiveTask; task: TaskDetail }) => {
  useNow(1000);
  const { samples } = useStore(live.status);
  const rate = rateOf(samples, performance.now());
  const left = secondsLeft(task.counts, rate);
  const final = isFinalTaskState(task.state);
  return (
    <div className="task-progress">
      <ProgressBar counts={task.counts} total={task.total} label="Progress of the task" />
      <dl className="task-figures figures">
        <div>
          <dt className="visually-hidden">Done</dt>
          <dd>
            <strong>{formatCount(settledOf(task.counts))}</strong> of {formatCount(task.total)}
          </dd>
        </div>
        {told
          .filter((state) => task.counts[state] > 0)
          .map((state) => (
            <div key={state} className={`is-${state}`}>
              <dt>
                <span className="state-dot" aria-hidden="true" />
                {stateNames[state].toLowerCase()}
              </dt>
              <dd>{formatCount(task.counts[state])}</dd>
            </div>
          ))}
        <div className="task-pace quiet">
          {final ? <Took task={task} /> : <Pace task={task} rate={rate} left={left} />}
        </div>
      </dl>
    </div>
  );
};

const Took = ({ task }: { task: TaskDetail }) => {
  if (task.startedAt === null || task.finishedAt === null) return null;
  const seconds = (Date.parse(task.finishedAt) - Date.parse(task.startedAt)) / 1000;
  return <dd>took {formatDuration(Math.max(0, seconds))}</dd>;
};

const Pace = ({ task, rate, left }: { task: TaskDetail; rate: number | null; left: number | null }) => {
  if (task.state === 'paused') return <dd>paused</dd>;
  if (task.startedAt === null) {
    const at = task.runAt === null ? null : new Date(task.runAt);
    return (
      <dd>
        {at !== null && at.getTime() > Date.now()
          ? `starts ${at.toLocaleString()}`
          : 'waiting for a free slot'}
      </dd>
    );
  }
  if (rate === null || left === null) return <dd>measuring…</dd>;
  return (
    <dd>
      {formatRate(rate)} · about {formatDuration(left)} left
    </dd>
  );
};
