import type { Rating, SubtaskView, TaskDetail } from '@backend2/contracts';
import { useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { LiveTask } from '../state/live-task.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/modal.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { moveByKey } from './move.ts';
import { RatingButtons } from './rating-buttons.tsx';
import type { Slice } from './slice.ts';
import { firstImage } from './thumbnail.ts';
import { useSubtask } from './use-subtask.ts';
import './compare.css';

interface CompareProps {
  readonly live: LiveTask;
  readonly task: TaskDetail;
  readonly slice: Slice;
  readonly left: number;
  readonly right: number;
  /** Moves the right one; the left stays. */
  readonly onMove: (ordinal: number) => void;
  readonly onSwap: () => void;
  readonly onRate: (ordinal: number, rating: Rating) => void;
  readonly onClose: () => void;
}

type Way = 'slider' | 'beside';

/** Two cells, one over the other under a slider, or side by side. */
export const Compare = ({
  live,
  task,
  slice,
  left,
  right,
  onMove,
  onSwap,
  onRate,
  onClose,
}: CompareProps) => {
  const [way, setWay] = useState<Way>('slider');
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = slice.positionOf(right);
    const next = at === null ? null : moveByKey(at, event.key, false, { ...slice, pageRows: 1 });
    if (next === null) return;
    event.preventDefault();
    const ordinal = slice.ordinalAt(next.column, next.row);
    if (ordinal !== right && ordinal !== left) onMove(ordinal);
  };
  return (
    <Modal label="Compare two results" className="compare" onClose={onClose} onKeyDown={onKeyDown}>
      <header>
        <h2>Compare</h2>
        <Segmented<Way>
          label="How to compare"
          value={way}
          options={[
            { value: 'slider', label: 'Slider' },
            { value: 'beside', label: 'Side by side' },
          ]}
          onChange={setWay}
        />
        <Button look="quiet" icon="swap" iconOnly onClick={onSwap}>
          Swap left and right
        </Button>
        <Button look="quiet" icon="close" iconOnly onClick={onClose}>
          Close
        </Button>
      </header>
      {way === 'slider' ? (
        <Slider left={urlOf(live, left)} right={urlOf(live, right)} />
      ) : (
        <div className="beside">
          <img src={urlOf(live, left)} alt={`Result ${left}`} />
          <img src={urlOf(live, right)} alt={`Result ${right}`} />
        </div>
      )}
      <Differences live={live} task={task} left={left} right={right} onRate={onRate} />
    </Modal>
  );
};

const urlOf = (live: LiveTask, ordinal: number): string | undefined =>
  firstImage(live.cell(ordinal)?.artifacts ?? [])?.url;

const Slider = ({ left, right }: { left: string | undefined; right: string | undefined }) => {
  const [share, setShare] = useState(50);
  return (
    <div className="slider-stage">
      <div className="slider-frame" style={{ '--share': `${share}%` }}>
        <img src={right} alt="Right result" />
        <img className="over" src={left} alt="Left result" />
        <span className="slider-line" aria-hidden="true" />
        <input
          type="range"
          min={0}
          max={100}
          step={0.5}
          value={share}
          aria-label="Share of the left result"
          onChange={(event) => setShare(event.target.valueAsNumber)}
          autoFocus
        />
      </div>
    </div>
  );
};

const shown = (subtask: SubtaskView | null, name: string): string => {
  if (subtask === null) return '…';
  if (name === 'batch') return `#${(subtask.coordinates['batch'] ?? 0) + 1}`;
  const value = subtask.values[name];
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
};

type DifferencesProps = Pick<CompareProps, 'live' | 'task' | 'left' | 'right' | 'onRate'>;

const Differences = ({ live, task, left, right, onRate }: DifferencesProps) => {
  const one = useSubtask(live, task.id, left).subtask;
  const other = useSubtask(live, task.id, right).subtask;
  const names = task.axes.flatMap((axis) => (axis.variables.length > 0 ? axis.variables : [axis.name]));
  const rating = (ordinal: number) => (
    <RatingButtons
      rating={live.cell(ordinal)?.rating ?? 'unrated'}
      onRate={(value) => onRate(ordinal, value)}
    />
  );
  return (
    <div className="differences">
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">Left</th>
            <th scope="col">Right</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name} className={shown(one, name) === shown(other, name) ? 'same' : 'differs'}>
              <th scope="row">{name}</th>
              <td>{shown(one, name)}</td>
              <td>{shown(other, name)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">rating</th>
            <td>{rating(left)}</td>
            <td>{rating(right)}</td>
          </tr>
        </tbody>
      </table>
    </div>
  );
};
