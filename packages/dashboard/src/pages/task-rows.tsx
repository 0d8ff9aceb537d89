import type { TaskView } from '@backend2/contracts';
import { settledOf } from '../state/progress.ts';
import { emptyTaskView } from '../state/task-view.ts';
import { formatAgo, formatCount } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { ProgressBar } from '../ui/progress-bar.tsx';
import { StateChip } from '../ui/state-chip.tsx';
import { useNow } from '../ui/use-now.ts';

/** Null while they load: rows of the same height hold the place. */
export const TaskRows = ({ tasks }: { tasks: readonly TaskView[] | null }) => {
  const now = useNow(10_000);
  return (
    <ul className="task-rows" aria-busy={tasks === null}>
      {tasks === null
        ? Array.from({ length: 6 }, (_, index) => (
            <li key={index} className="task-row waiting" aria-hidden="true" />
          ))
        : tasks.map((task) => <TaskRow key={task.id} task={task} now={now} />)}
    </ul>
  );
};

const TaskRow = ({ task, now }: { task: TaskView; now: number }) => (
  <li className="task-row">
    <div className="task-row-name">
      <Link to={{ page: 'task', taskId: task.id, view: emptyTaskView }}>{task.name}</Link>
      <span className="quiet small">
        {task.kind} · {task.lane}
        {task.tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
      </span>
    </div>
    <StateChip state={task.state} />
    <div className="task-row-progress">
      <ProgressBar counts={task.counts} total={task.total} label={`Progress of ${task.name}`} />
      <span className="small figures quiet">
        {formatCount(settledOf(task.counts))} of {formatCount(task.total)}
        {task.counts.failed > 0 && (
          <span className="failed"> · {formatCount(task.counts.failed)} failed</span>
        )}
      </span>
    </div>
    <time
      className="quiet small figures"
      dateTime={task.createdAt}
      title={new Date(task.createdAt).toLocaleString()}
    >
      {formatAgo(task.createdAt, now)}
    </time>
  </li>
);
