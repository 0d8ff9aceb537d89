import type { Axis } from '@backend2/contracts';
import { useId } from 'react';
import type { TaskViewState } from '../state/task-view.ts';
import { Button } from '../ui/button.tsx';
import type { Slice } from './slice.ts';
import './axis-controls.css';

interface AxisControlsProps {
  readonly axes: readonly Axis[];
  readonly slice: Slice;
  readonly headingsOf: (axis: Axis) => readonly string[];
  readonly onChange: (change: Partial<TaskViewState>) => void;
}

/** Which axes run down and across, and where the others stand. */
export const AxisControls = ({ axes, slice, headingsOf, onChange }: AxisControlsProps) => {
  const { x, y, fixed } = slice;
  if (axes.length === 0) return null;
  const lay = (names: { x?: string | undefined; y?: string | undefined }): void =>
    onChange({ x: names.x, y: names.y });
  return (
    <div className="axis-controls">
      {y !== null && (
        <AxisSelect
          label="Rows"
          axes={axes}
          value={y.name}
          onChange={(name) => lay({ y: name, x: name === x?.name ? y.name : x?.name })}
        />
      )}
      {x !== null && y !== null && (
        <Button look="quiet" icon="swap" iconOnly onClick={() => lay({ x: y.name, y: x.name })}>
          Swap rows and columns
        </Button>
      )}
      {x !== null && (
        <AxisSelect
          label="Columns"
          axes={axes}
          value={x.name}
          onChange={(name) => lay({ x: name, y: name === y?.name ? x.name : y?.name })}
        />
      )}
      {fixed.map(({ axis, index }) => (
        <AxisStand
          key={axis.name}
          axis={axis}
          index={index}
          headings={headingsOf(axis)}
          onChange={(to) =>
            onChange({
              fixed: {
                ...Object.fromEntries(fixed.map((one) => [one.axis.name, one.index])),
                [axis.name]: to,
              },
            })
          }
        />
      ))}
    </div>
  );
};

interface AxisSelectProps {
  readonly label: string;
  readonly axes: readonly Axis[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

const AxisSelect = ({ label, axes, value, onChange }: AxisSelectProps) => (
  <label className="axis-select">
    <span>{label}</span>
    <select className="input" value={value} onChange={(event) => onChange(event.target.value)}>
      {axes.map((axis) => (
        <option key={axis.name} value={axis.name}>
          {axis.name} ({axis.length})
        </option>
      ))}
    </select>
  </label>
);

interface AxisStandProps {
  readonly axis: Axis;
  readonly index: number;
  readonly headings: readonly string[];
  readonly onChange: (index: number) => void;
}

const AxisStand = ({ axis, index, headings, onChange }: AxisStandProps) => {
  const id = useId();
  return (
    <div className="axis-stand">
      <label htmlFor={id}>{axis.name}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={axis.length - 1}
        value={index}
        aria-valuetext={headings[index]}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <output htmlFor={id} title={headings[index]}>
        {headings[index]} <span className="quiet">{`${index + 1}/${axis.length}`}</span>
      </output>
    </div>
  );
};
