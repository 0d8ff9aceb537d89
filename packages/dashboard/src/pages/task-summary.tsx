import type { Axis, Tally, TaskDetail } from '@backend2/contracts';
import { useCallback } from 'react';
import { useServices } from '../state/services.ts';
import { formatCount, formatDuration } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { useAnswer } from '../ui/use-answer.ts';
import { useInterval } from '../ui/use-interval.ts';
import './task-summary.css';

interface TaskSummaryProps {
  readonly task: TaskDetail;
  readonly headingsOf: (axis: Axis) => readonly string[];
}

const everyMs = 3000;

/** How the values of each axis fared, over all cells whatever slice is shown; asked anew while it is open. */
export const TaskSummary = ({ task, headingsOf }: TaskSummaryProps) => {
  const { api } = useServices();
  const request = useCallback(() => api.tasks.summary(task.id), [api, task.id]);
  const { answer: summary, failure, ask } = useAnswer(request);
  useInterval(() => void ask(), everyMs);

  return (
    <aside id="task-summary" className="task-summary" aria-label="Summary">
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      {summary !== null &&
        task.axes.map((axis) => {
          const values = summary.axes.find(({ name }) => name === axis.name)?.values ?? [];
          const headings = headingsOf(axis);
          return (
            <table key={axis.name}>
              <caption>{axis.name}</caption>
              <thead>
                <tr>
                  <th scope="col">Value</th>
                  <th scope="col">Good</th>
                  <th scope="col">Poor</th>
                  <th scope="col">Failed</th>
                  <th scope="col">Median</th>
                </tr>
              </thead>
              <tbody>
                {values.map((value) => (
                  <Row key={value.index} heading={headings[value.index] ?? ''} tally={value} />
                ))}
              </tbody>
            </table>
          );
        })}
    </aside>
  );
};

const Row = ({ heading, tally }: { heading: string; tally: Tally }) => {
  const { total, counts, ratings, durationMs } = tally;
  return (
    <tr>
      <th scope="row" title={heading}>
        {heading}
      </th>
      <Share count={ratings.good} total={total} tone="good" />
      <Share count={ratings.poor} total={total} tone="poor" />
      <Share count={counts.failed} total={total} tone="failed" />
      <td>{durationMs === null ? '' : formatDuration(durationMs.median / 1000)}</td>
    </tr>
  );
};

/** A count, and a bar as long as its share of all. */
const Share = ({
  count,
  total,
  tone,
}: {
  count: number;
  total: number;
  tone: 'good' | 'poor' | 'failed';
}) => (
  <td title={`${formatCount(count)} of ${formatCount(total)}`}>
    <span>{count === 0 ? '' : formatCount(count)}</span>
    <progress className={`share is-${tone}`} max={total} value={count} aria-hidden="true" />
  </td>
);
