import { isFinalTaskState } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import { openLiveTask } from '../state/live-task.ts';
import type { LiveTask } from '../state/live-task.ts';
import { useServices } from '../state/services.ts';
import type { TaskViewState } from '../state/task-view.ts';
import { useStore } from '../state/use-store.ts';
import { Button } from '../ui/button.tsx';
import { Link } from '../ui/link.tsx';
import { Notice } from '../ui/notice.tsx';
import { TaskHeader } from './task-header.tsx';
import { TaskMatrix } from './task-matrix.tsx';
import './task.css';

interface TaskPageProps {
  readonly taskId: string;
  readonly view: TaskViewState;
}

export const TaskPage = ({ taskId, view }: TaskPageProps) => {
  const { api } = useServices();
  const [live, setLive] = useState<LiveTask | null>(null);
  useEffect(() => {
    const opened = openLiveTask({
      api,
      taskId,
      onFrame: (run) => void requestAnimationFrame(run),
      now: () => performance.now(),
    });
    setLive(opened);
    return () => opened.close();
  }, [api, taskId]);
  return live === null ? null : <Opened live={live} view={view} />;
};

const Opened = ({ live, view }: { live: LiveTask; view: TaskViewState }) => {
  const { task, failure, connection, deleted } = useStore(live.status);
  useEffect(() => {
    if (task === null) return;
    const done = isFinalTaskState(task.state) ? '' : `${task.counts.succeeded}/${task.total} · `;
    document.title = `${done}${task.name} · Backend2`;
    return () => {
      document.title = 'Backend2';
    };
  }, [task]);

  if (deleted) {
    return (
      <div className="empty">
        <h2>This task was deleted</h2>
        <Link to={{ page: 'tasks', filters: {} }}>All tasks</Link>
      </div>
    );
  }
  if (task === null)
    return failure === null ? <div className="task-waiting" aria-busy="true" /> : <Missing why={failure} />;
  return (
    <>
      <TaskHeader live={live} task={task} />
      <div className="task-notices">
        {connection === 'reconnecting' && (
          <Notice tone="warn">Connection lost. Reconnecting… What you see may be a little behind.</Notice>
        )}
        {failure !== null && (
          <Notice tone="bad" action={<Button onClick={live.reload}>Try again</Button>}>
            {failure}
          </Notice>
        )}
      </div>
      <TaskMatrix live={live} task={task} view={view} />
    </>
  );
};

const Missing = ({ why }: { why: string }) => (
  <div className="empty">
    <h2>This task cannot be shown</h2>
    <p>{why}</p>
    <Link to={{ page: 'tasks', filters: {} }}>All tasks</Link>
  </div>
);
