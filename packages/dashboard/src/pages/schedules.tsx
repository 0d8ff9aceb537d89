import type { ScheduleView } from '@backend2/contracts';
import { useCallback, useState } from 'react';
import { navigate } from '../state/location.ts';
import { useServices } from '../state/services.ts';
import { emptyTaskView } from '../state/task-view.ts';
import { wordsOf } from '../state/words.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { formatAgo, formatMoment } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { Notice } from '../ui/notice.tsx';
import { say } from '../ui/toasts.tsx';
import { useAnswer } from '../ui/use-answer.ts';
import { useInterval } from '../ui/use-interval.ts';
import { useNow } from '../ui/use-now.ts';
import { ScheduleForm } from './schedule-form.tsx';
import '../ui/plain-rows.css';
import './schedules.css';

/** More than a person looks through. */
const mostShown = 200;

/** Tasks that are submitted at the times of a cron expression. */
export const SchedulesPage = () => {
  const { api } = useServices();
  const { answer, failure, ask } = useAnswer(
    useCallback(() => api.schedules.list({ limit: mostShown }), [api]),
  );
  useInterval(() => void ask(), 30_000);
  const [ending, setEnding] = useState<ScheduleView | null>(null);
  const schedules = answer?.items ?? null;

  const change = async (action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      say(wordsOf(error), 'bad');
    }
    await ask();
  };
  const runNow = (schedule: ScheduleView): Promise<void> =>
    change(async () => {
      const task = await api.schedules.run(schedule.id);
      navigate({ page: 'task', taskId: task.id, view: emptyTaskView });
    });

  return (
    <>
      <div className="page-head">
        <h1>Schedules</h1>
      </div>
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      <ScheduleForm onMade={() => void ask()} />
      {schedules?.length === 0 && (
        <p className="quiet">
          You have no schedules. One submits a task again and again, at times you choose.
        </p>
      )}
      {schedules !== null && schedules.length > 0 && (
        <ul className="plain-rows">
          {schedules.map((schedule) => (
            <ScheduleRow
              key={schedule.id}
              schedule={schedule}
              onRun={() => void runNow(schedule)}
              onPause={() => void change(() => api.schedules.pause(schedule.id))}
              onResume={() => void change(() => api.schedules.resume(schedule.id))}
              onEnd={() => setEnding(schedule)}
            />
          ))}
        </ul>
      )}
      {ending !== null && (
        <Confirm
          title={`Delete "${ending.name}"?`}
          text="It submits nothing any more. Tasks that it has submitted stay."
          action="Delete it"
          onConfirm={() => void change(() => api.schedules.delete(ending.id))}
          onClose={() => setEnding(null)}
        />
      )}
    </>
  );
};

interface ScheduleRowProps {
  readonly schedule: ScheduleView;
  readonly onRun: () => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onEnd: () => void;
}

const ScheduleRow = ({ schedule, onRun, onPause, onResume, onEnd }: ScheduleRowProps) => {
  const { name, cron, timeZone, paused, nextRuns } = schedule;
  const [next] = nextRuns;
  return (
    <li>
      <div className="schedule-what">
        <strong>{name}</strong>
        <span>
          <code>{cron}</code> <span className="quiet">{timeZone}</span>
        </span>
      </div>
      <div className="schedule-when">
        <span>{paused ? 'Paused' : next === undefined ? 'Never again' : `Next ${formatMoment(next)}`}</span>
        <LastRun schedule={schedule} />
      </div>
      <div className="schedule-do">
        <Button onClick={onRun} aria-label={`Run ${name} now`}>
          Run now
        </Button>
        {paused ? (
          <Button onClick={onResume} aria-label={`Resume ${name}`}>
            Resume
          </Button>
        ) : (
          <Button onClick={onPause} aria-label={`Pause ${name}`}>
            Pause
          </Button>
        )}
        <Button look="quiet" onClick={onEnd} aria-label={`Delete ${name}`}>
          Delete
        </Button>
      </div>
    </li>
  );
};

const LastRun = ({ schedule: { lastRun } }: { schedule: ScheduleView }) => {
  const now = useNow(60_000);
  if (lastRun === null) return <span className="quiet">has not run yet</span>;
  const ago = formatAgo(lastRun.at, now);
  if (lastRun.outcome === 'refused')
    return <span className="schedule-refused">{`refused ${ago}: ${lastRun.error?.message ?? ''}`}</span>;
  return lastRun.taskId === null ? (
    <span className="quiet">{`ran ${ago}`}</span>
  ) : (
    <Link to={{ page: 'task', taskId: lastRun.taskId, view: emptyTaskView }}>{`ran ${ago}`}</Link>
  );
};
