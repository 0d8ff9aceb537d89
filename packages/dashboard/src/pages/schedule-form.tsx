import { ApiError } from '@backend2/client';
import type { Issue } from '@backend2/contracts';
import { useCallback, useState, type SubmitEvent } from 'react';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';
import { issuesAt } from '../submission/check-draft.ts';
import { submissionOfTask } from '../submission/draft.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { formText } from '../ui/form-text.ts';
import { Notice } from '../ui/notice.tsx';
import { useAnswer } from '../ui/use-answer.ts';
import '../ui/inline-form.css';
import './schedules.css';

const tasksOffered = 50;
/** Fields that show themselves what is wrong with them. */
const shown = new Set(['/name', '/cron', '/timeZone']);

/** Makes a schedule of a task that was submitted before. */
export const ScheduleForm = ({ onMade }: { onMade: () => void }) => {
  const { api } = useServices();
  const { answer } = useAnswer(useCallback(() => api.tasks.list({ limit: tasksOffered }), [api]));
  const [refusal, setRefusal] = useState<string | null>(null);
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const tasks = answer?.items ?? [];

  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    try {
      const task = submissionOfTask(await api.tasks.get(formText(form, 'task')));
      await api.schedules.create({
        name: formText(form, 'name'),
        cron: formText(form, 'cron'),
        timeZone: formText(form, 'timeZone'),
        task,
      });
      setRefusal(null);
      setIssues([]);
      element.reset();
      onMade();
    } catch (error) {
      const told = error instanceof ApiError ? error.issues : [];
      setIssues(told);
      setRefusal(told.every(({ path }) => shown.has(path)) && told.length > 0 ? null : wordsOf(error));
    }
  };

  if (tasks.length === 0) return null;
  return (
    <form className="inline-form schedule-form" onSubmit={(event) => void submit(event)}>
      {refusal !== null && <Notice tone="bad">{refusal}</Notice>}
      <Field label="Task">
        {(bound) => (
          <select {...bound} className="input" name="task" required>
            {tasks.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Name of the schedule" issues={issuesAt(issues, '/name')}>
        {(bound) => <input {...bound} className="input" name="name" required maxLength={200} />}
      </Field>
      <Field label="When" hint="As cron says it: 0 7 * * 1-5, or @daily." issues={issuesAt(issues, '/cron')}>
        {(bound) => <input {...bound} className="input" name="cron" required maxLength={100} />}
      </Field>
      <Field label="By the clock of" issues={issuesAt(issues, '/timeZone')}>
        {(bound) => (
          <input
            {...bound}
            className="input"
            name="timeZone"
            required
            defaultValue={Intl.DateTimeFormat().resolvedOptions().timeZone}
          />
        )}
      </Field>
      <Button type="submit" look="primary">
        Schedule it
      </Button>
    </form>
  );
};
