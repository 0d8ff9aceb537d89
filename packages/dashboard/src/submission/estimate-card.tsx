import { formatCount, formatDuration } from '../ui/format.ts';
import { Notice } from '../ui/notice.tsx';
import { productOf } from './draft.ts';
import type { Estimated } from './use-estimate.ts';
import './estimate-card.css';

/** How many cells the draft makes and how long they take. */
export const EstimateCard = ({ estimate, issues, failure }: Estimated) => (
  <div className="estimate" aria-live="polite">
    <span className="quiet small">This makes</span>
    <p className="estimate-count figures">
      {estimate === null ? '–' : formatCount(estimate.subtasks)}
      <span>{estimate?.subtasks === 1 ? 'cell' : 'cells'}</span>
    </p>
    {estimate !== null && (
      <>
        <p className="figures quiet small">
          {estimate.axes.length > 1 ? productOf(estimate.axes) : 'one axis'}
        </p>
        <ul className="estimate-axes">
          {estimate.axes.map((axis) => (
            <li key={axis.name}>
              <span className="mono">{axis.name}</span>
              <span className="figures quiet">{axis.length}</span>
            </li>
          ))}
        </ul>
        <p className="small">
          {estimate.seconds === null
            ? 'How long is not known yet: this lane has run nothing lately.'
            : `About ${formatDuration(estimate.seconds)} at the lane’s present rate.`}
        </p>
      </>
    )}
    {issues.length > 0 && (
      <p className="small field-issue">
        {issues.length === 1 ? 'One thing needs' : `${issues.length} things need`} a correction first.
      </p>
    )}
    {failure !== null && <Notice tone="bad">{failure}</Notice>}
  </div>
);
