import type { SubtaskCounts } from '@backend2/contracts';
import { settledOf } from '../state/progress.ts';
import { formatCount } from './format.ts';
import './progress-bar.css';

const segments = ['succeeded', 'failed', 'cancelled', 'running', 'queued'] as const;

interface ProgressBarProps {
  readonly counts: SubtaskCounts;
  readonly total: number;
  readonly label: string;
}

/** The share of each state; what is still pending is the empty rest. */
export const ProgressBar = ({ counts, total, label }: ProgressBarProps) => (
  <div
    className="progress-bar"
    role="progressbar"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={total}
    aria-valuenow={settledOf(counts)}
    aria-valuetext={`${formatCount(settledOf(counts))} of ${formatCount(total)} done, ${formatCount(counts.failed)} failed`}
  >
    {segments.map((state) => (
      <span
        key={state}
        className={`progress-part is-${state}`}
        style={{ width: `${total === 0 ? 0 : (100 * counts[state]) / total}%` }}
      />
    ))}
  </div>
);
