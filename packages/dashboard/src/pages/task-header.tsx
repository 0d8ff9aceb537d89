import type { ExportFormat } from '@backend2/client';
import { isFinalTaskState } from '@backend2/contracts';
import type { TaskDetail, TaskView } from '@backend2/contracts';
import { useState } from 'react';
import type { LiveTask } from '../state/live-task.ts';
import { navigate } from '../state/location.ts';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { formatCount } from '../ui/format.ts';
import { Menu } from '../ui/menu.tsx';
import { StateChip } from '../ui/state-chip.tsx';
import { say } from '../ui/toasts.tsx';
import { TaskProgress } from './task-progress.tsx';

const exportNames: Record<ExportFormat, { readonly label: string; readonly hint: string }> = {
  png: { label: 'Contact sheet', hint: 'PNG' },
  csv: { label: 'Table', hint: 'CSV' },
  json: { label: 'Everything but pictures', hint: 'JSON' },
  zip: { label: 'Pictures and data', hint: 'ZIP' },
};
const exportOrder: readonly ExportFormat[] = ['png', 'csv', 'json', 'zip'];

type Asked = 'cancel' | 'delete';

/** Starts a download that the browser saves as it arrives. */
const download = (url: string): void => {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
};

export const TaskHeader = ({ live, task }: { live: LiveTask; task: TaskDetail }) => {
  const { api } = useServices();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [busy, setBusy] = useState(false);

  const act = async (work: () => Promise<TaskView>, done: string): Promise<void> => {
    setBusy(true);
    try {
      live.accept(await work());
      say(done);
    } catch (error) {
      say(wordsOf(error), 'bad');
    } finally {
      setBusy(false);
    }
  };
  const remove = async (): Promise<void> => {
    try {
      await api.tasks.delete(task.id);
      navigate({ page: 'tasks', filters: {} });
      say(`“${task.name}” is deleted.`);
    } catch (error) {
      say(wordsOf(error), 'bad');
    }
  };

  const final = isFinalTaskState(task.state);
  const { failed } = task.counts;
  return (
    <header className="task-header">
      <div className="page-head">
        <div className="task-title">
          <h1>{task.name}</h1>
          <StateChip state={task.state} />
          <span className="quiet small">
            {task.kind} · {task.lane}
          </span>
        </div>
        <div className="task-actions">
          {failed > 0 && (
            <Button
              icon="retry"
              disabled={busy}
              onClick={() => void act(() => api.tasks.retry(task.id), 'The failed ones run again.')}
            >
              {`Retry ${formatCount(failed)} failed`}
            </Button>
          )}
          {task.state === 'paused' ? (
            <Button
              icon="play"
              disabled={busy}
              onClick={() => void act(() => api.tasks.resume(task.id), 'Resumed.')}
            >
              Resume
            </Button>
          ) : (
            !final && (
              <Button
                icon="pause"
                disabled={busy}
                onClick={() =>
                  void act(() => api.tasks.pause(task.id), 'Paused. What runs now still finishes.')
                }
              >
                Pause
              </Button>
            )
          )}
          <Menu
            label="Export"
            icon="download"
            items={exportOrder.map((format) => ({
              ...exportNames[format],
              onChoose: () => download(api.tasks.exportUrl(task.id, format)),
            }))}
          />
          <Menu
            label="More"
            icon="down"
            items={[
              {
                label: 'New task from this one',
                onChoose: () => navigate({ page: 'new-task', from: task.id }),
              },
              {
                label: 'Copy link to this view',
                onChoose: () =>
                  void navigator.clipboard.writeText(window.location.href).then(
                    () => say('The link is on the clipboard.'),
                    () => say('The browser did not allow the clipboard; copy the address instead.', 'bad'),
                  ),
              },
              { label: 'Cancel task…', danger: true, disabled: final, onChoose: () => setAsked('cancel') },
              { label: 'Delete task…', danger: true, onChoose: () => setAsked('delete') },
            ]}
          />
        </div>
      </div>
      <TaskProgress live={live} task={task} />
      {asked === 'cancel' && (
        <Confirm
          title="Cancel this task?"
          text={`${formatCount(task.counts.pending + task.counts.queued + task.counts.running)} subtasks that have not finished will not run. Finished results stay.`}
          action="Cancel task"
          onConfirm={() => void act(() => api.tasks.cancel(task.id), 'Cancelled.')}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === 'delete' && (
        <Confirm
          title="Delete this task?"
          text="The task and its results disappear from every list."
          action="Delete task"
          onConfirm={() => void remove()}
          onClose={() => setAsked(null)}
        />
      )}
    </header>
  );
};
