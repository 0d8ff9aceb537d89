import type { SubtaskState, TaskState } from '@backend2/contracts';
import './state-chip.css';

export const stateNames: Record<SubtaskState | TaskState, string> = {
  pending: 'Pending',
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  succeeded: 'Succeeded',
  partially_failed: 'Partly failed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const StateChip = ({ state }: { state: SubtaskState | TaskState }) => (
  <span className={`state-chip is-${state}`}>
    <span className="state-dot" aria-hidden="true" />
    {stateNames[state]}
  </span>
);
