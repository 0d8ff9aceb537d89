import type { SubtaskView, TaskDetail } from '@backend2/contracts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { renderedPrompts } from './rendered-prompts.ts';
import { firstImage } from './thumbnail.ts';

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const seedOf = (subtask: SubtaskView): string | undefined => {
  const { result } = subtask;
  if (result === null || typeof result !== 'object' || Array.isArray(result)) return undefined;
  return result['seed'] === undefined ? undefined : shown(result['seed']);
};

/** What one subtask was given and what came of it. */
export const SubtaskFacts = ({ task, subtask }: { task: TaskDetail; subtask: SubtaskView }) => {
  const prompts = renderedPrompts(task.input, subtask.values);
  const image = firstImage(subtask.artifacts);
  const seed = seedOf(subtask);
  const waited =
    subtask.queuedAt !== null && subtask.startedAt !== null
      ? (Date.parse(subtask.startedAt) - Date.parse(subtask.queuedAt)) / 1000
      : null;
  return (
    <>
      <dl className="facts">
        {Object.entries(subtask.values).map(([name, value]) => (
          <Fact key={name} name={name} value={shown(value)} />
        ))}
        {subtask.coordinates['batch'] !== undefined && (
          <Fact name="batch" value={`#${subtask.coordinates['batch'] + 1}`} />
        )}
        {seed !== undefined && subtask.values['seed'] === undefined && <Fact name="seed" value={seed} />}
      </dl>
      {prompts.length > 0 && (
        <section className="prompts">
          <h3>Prompt</h3>
          <ul>
            {prompts.map((prompt, index) => (
              <li key={index}>
                {prompt.value}
                {prompt.weight !== '' && prompt.weight !== '1' && (
                  <span className="quiet"> × {prompt.weight}</span>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {subtask.error !== null && (
        <section className="error-facts">
          <h3>{subtask.error.code}</h3>
          <p>{subtask.error.message}</p>
        </section>
      )}
      <dl className="facts lesser">
        {image?.width !== undefined && (
          <Fact
            name="picture"
            value={`${image.width} × ${image.height ?? '?'}, ${formatBytes(image.bytes)}`}
          />
        )}
        {subtask.durationMs !== null && (
          <Fact name="took" value={formatDuration(subtask.durationMs / 1000)} />
        )}
        {waited !== null && waited > 0 && <Fact name="waited" value={formatDuration(waited)} />}
        {subtask.attempt > 0 && <Fact name="attempt" value={`${subtask.attempt} of ${task.maxAttempts}`} />}
        {subtask.finishedAt !== null && (
          <Fact name="finished" value={new Date(subtask.finishedAt).toLocaleString()} />
        )}
        <Fact name="ordinal" value={String(subtask.ordinal)} />
      </dl>
    </>
  );
};

const Fact = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
