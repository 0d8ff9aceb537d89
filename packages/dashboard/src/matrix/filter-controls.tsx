import type { Rating, SubtaskState } from '@backend2/contracts';
import type { TaskViewState } from '../state/task-view.ts';
import { Button } from '../ui/button.tsx';
import { stateNames } from '../ui/state-chip.tsx';
import './filter-controls.css';

interface FilterControlsProps {
  readonly view: TaskViewState;
  readonly size: number;
  readonly sizes: { readonly min: number; readonly max: number };
  readonly fits: boolean;
  readonly onChange: (change: Partial<TaskViewState>) => void;
  readonly onSize: (size: number | null) => void;
}

const states: readonly SubtaskState[] = ['succeeded', 'failed', 'running'];
const ratings: readonly { readonly value: Rating; readonly label: string }[] = [
  { value: 'good', label: 'Good' },
  { value: 'poor', label: 'Poor' },
  { value: 'unrated', label: 'Unrated' },
];

const toggled = <T,>(all: readonly T[], one: T): T[] =>
  all.includes(one) ? all.filter((other) => other !== one) : [...all, one];

/** Which cells stand out, and how large they are. */
export const FilterControls = ({ view, size, sizes, fits, onChange, onSize }: FilterControlsProps) => (
  <div className="filter-controls">
    <div role="group" aria-label="Show only" className="chips">
      {states.map((state) => (
        <button
          key={state}
          type="button"
          className={`chip is-${state}`}
          aria-pressed={view.states.includes(state)}
          onClick={() => onChange({ states: toggled(view.states, state) })}
        >
          {stateNames[state]}
        </button>
      ))}
      <span className="chip-rule" aria-hidden="true" />
      {ratings.map(({ value, label }) => (
        <button
          key={value}
          type="button"
          className="chip"
          aria-pressed={view.ratings.includes(value)}
          onClick={() => onChange({ ratings: toggled(view.ratings, value) })}
        >
          {label}
        </button>
      ))}
    </div>
    <div className="size-control">
      <label htmlFor="cell-size">Size</label>
      <input
        id="cell-size"
        type="range"
        min={sizes.min}
        max={sizes.max}
        step={4}
        value={size}
        onChange={(event) => onSize(event.target.valueAsNumber)}
      />
      <Button look="quiet" aria-pressed={fits} onClick={() => onSize(null)}>
        Fit
      </Button>
    </div>
  </div>
);
