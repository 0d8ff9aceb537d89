import { ApiError } from '@backend2/client';
import { taskSubmissionSchema } from '@backend2/contracts';
import type { Issue } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import type { FormEvent } from 'react';
import { navigate } from '../state/location.ts';
import { useServices } from '../state/services.ts';
import { emptyTaskView } from '../state/task-view.ts';
import { wordsOf } from '../state/words.ts';
import { checkDraft } from '../submission/check-draft.ts';
import { bodyOf, draftOf, submissionOfTask } from '../submission/draft.ts';
import type { Draft } from '../submission/draft.ts';
import { EstimateCard } from '../submission/estimate-card.tsx';
import { examples } from '../submission/examples.ts';
import { useEstimate } from '../submission/use-estimate.ts';
import { Button } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { say } from '../ui/toasts.tsx';
import { TaskForm } from './task-form.tsx';
import { TaskJson } from './task-json.tsx';
import './new-task.css';

const firstDraft = (): Draft => {
  const example = examples[0];
  if (example === undefined) throw new Error('there is no example to start from');
  return draftOf(example.submission);
};

type Way = 'form' | 'json';

export const NewTaskPage = ({ from }: { from: string | undefined }) => {
  const { api } = useServices();
  const [draft, setDraft] = useState(firstDraft);
  const [way, setWay] = useState<Way>('form');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<readonly Issue[]>([]);

  useEffect(() => {
    if (from === undefined) return;
    api.tasks.get(from).then(
      (task) => setDraft(draftOf(submissionOfTask(task))),
      (error: unknown) => say(wordsOf(error), 'bad'),
    );
  }, [api, from]);

  const checked = checkDraft(draft);
  const estimated = useEstimate(checked);
  const issues = estimated.issues.length > 0 ? estimated.issues : refused;
  const change = (next: Draft): void => {
    setDraft(next);
    setRefused([]);
  };

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!checked.ok) {
      document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
      return;
    }
    setBusy(true);
    try {
      const task = await api.tasks.create(checked.submission);
      navigate({ page: 'task', taskId: task.id, view: emptyTaskView });
    } catch (error) {
      setBusy(false);
      setRefused(error instanceof ApiError ? error.issues : []);
      say(wordsOf(error), 'bad');
    }
  };

  return (
    <form className="new-task" onSubmit={(event) => void submit(event)} noValidate>
      <div className="page-head">
        <h1>New task</h1>
        <Segmented<Way>
          label="How to write it"
          value={way}
          options={[
            { value: 'form', label: 'Form' },
            { value: 'json', label: 'JSON' },
          ]}
          onChange={setWay}
        />
        <Menu
          label="Examples"
          icon="down"
          items={examples.map(({ title, submission }) => ({
            label: title,
            hint: submission.lane,
            onChoose: () => change(draftOf(submission)),
          }))}
        />
      </div>
      <div className="new-task-columns">
        {way === 'form' ? (
          <TaskForm draft={draft} issues={issues} onChange={change} />
        ) : (
          <TaskJson
            body={safeBody(draft)}
            issues={issues}
            onChange={(body) => {
              const parsed = taskSubmissionSchema.safeParse(body);
              if (parsed.success) change(draftOf(parsed.data));
              return parsed;
            }}
          />
        )}
        <aside className="new-task-side" aria-label="Estimate">
          <EstimateCard {...estimated} />
          <Button type="submit" look="primary" icon="play" disabled={busy}>
            {busy ? 'Starting…' : 'Start the task'}
          </Button>
        </aside>
      </div>
    </form>
  );
};

/** The body to show as JSON; where the input is not JSON yet, as the text it is. */
const safeBody = (draft: Draft): unknown => {
  try {
    return bodyOf(draft);
  } catch {
    return bodyOf({ ...draft, input: JSON.stringify(draft.input) });
  }
};
