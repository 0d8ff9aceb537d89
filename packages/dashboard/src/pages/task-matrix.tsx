import type { Axis, Rating, TaskDetail } from '@backend2/contracts';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { headingsOf, indexesOf } from '../matrix/axes.ts';
import { AxisControls } from '../matrix/axis-controls.tsx';
import { aspectOf, largestCell, layOutCells, smallestCell } from '../matrix/cell-layout.ts';
import { Compare } from '../matrix/compare.tsx';
import { FilterControls } from '../matrix/filter-controls.tsx';
import { Lightbox } from '../matrix/lightbox.tsx';
import { Matrix } from '../matrix/matrix.tsx';
import { ratingOfKey } from '../matrix/rating-buttons.tsx';
import { sliceOf } from '../matrix/slice.ts';
import type { LiveTask } from '../state/live-task.ts';
import { navigate } from '../state/location.ts';
import type { TaskViewState } from '../state/task-view.ts';
import { useStore } from '../state/use-store.ts';
import { wordsOf } from '../state/words.ts';
import { Button } from '../ui/button.tsx';
import { say } from '../ui/toasts.tsx';
import { TaskSummary } from './task-summary.tsx';

interface TaskMatrixProps {
  readonly live: LiveTask;
  readonly task: TaskDetail;
  readonly view: TaskViewState;
}

/** A link to an open cell shows the slice it lies in, whatever else the link says. */
const aroundCell = (axes: readonly Axis[], view: TaskViewState): TaskViewState => {
  if (view.cell === undefined || view.against !== undefined) return view;
  return { ...view, fixed: { ...view.fixed, ...indexesOf(axes, view.cell) } };
};

const sizes = { min: smallestCell, max: largestCell };

export const TaskMatrix = ({ live, task, view }: TaskMatrixProps) => {
  const version = useStore(live.version);
  const [size, setSize] = useState<number | null>(null);
  const [pinned, setPinned] = useState<number | undefined>();
  const [summed, setSummed] = useState(false);
  const { axes } = task;
  const axesKey = JSON.stringify(axes);
  // Every event makes a new task; its axes stay what they are.
  const headings = useMemo(
    () => new Map(axes.map((axis) => [axis.name, headingsOf(task, axis)])),
    [task.id, axesKey],
  );
  const headingsFor = (axis: Axis | null): readonly string[] =>
    axis === null ? [] : (headings.get(axis.name) ?? []);
  const slice = sliceOf(axes, aroundCell(axes, view));
  const [lastActive, setActive] = useState(view.cell ?? 0);
  const active = slice.positionOf(lastActive) === null ? slice.ordinalAt(0, 0) : lastActive;

  const show = useEffectEvent(() => live.show(slice));
  // Each turn makes a new slice; its key says all there is to it.
  useEffect(() => show(), [live, slice.key]);

  const go = (change: Partial<TaskViewState>, replace = true): void =>
    navigate({ page: 'task', taskId: task.id, view: { ...view, ...change } }, { replace });
  const failed = (error: unknown): void => say(wordsOf(error), 'bad');
  const rate = (ordinal: number, rating: Rating): void => {
    if (live.cell(ordinal)?.state === 'succeeded') live.rate(ordinal, rating).catch(failed);
  };
  const retry = (ordinal: number): void => void live.retry(ordinal).then(() => say('It runs again.'), failed);
  const open = (ordinal: number): void => {
    if (pinned === undefined || pinned === ordinal) return go({ cell: ordinal, against: undefined }, false);
    setPinned(undefined);
    go({ cell: ordinal, against: pinned }, false);
  };
  const pin = (ordinal: number): void => {
    setPinned(ordinal);
    go({ cell: undefined, against: undefined });
  };
  const standing = Object.fromEntries(slice.fixed.map(({ axis, index }) => [axis.name, index]));
  const close = (): void => {
    if (view.cell !== undefined) setActive(view.cell);
    go({ cell: undefined, against: undefined, fixed: standing });
  };
  const onKey = (key: string, ordinal: number): void => {
    const rating = ratingOfKey(key);
    if (rating !== undefined) rate(ordinal, rating);
    else if (key === 'c') {
      if (pinned === undefined) setPinned(ordinal);
      else open(ordinal);
    } else if (key === 'r' && live.cell(ordinal)?.state === 'failed') retry(ordinal);
    else if (key === 'Escape') setPinned(undefined);
  };

  const aspect = aspectOf(task);
  const fitted = layOutCells(null, aspect, slice.columns, window.innerWidth * 0.85);
  return (
    <>
      <div className="matrix-controls">
        <AxisControls axes={axes} slice={slice} headingsOf={headingsFor} onChange={go} />
        <FilterControls
          view={view}
          size={size ?? Math.max(fitted.width, fitted.height)}
          sizes={sizes}
          fits={size === null}
          onChange={go}
          onSize={setSize}
        />
        <Button
          look="quiet"
          aria-expanded={summed}
          aria-controls="task-summary"
          onClick={() => setSummed(!summed)}
        >
          Summary
        </Button>
      </div>
      {pinned !== undefined && (
        <div className="pin-hint" role="status">
          Choose the cell to compare with.
          <Button look="quiet" onClick={() => setPinned(undefined)}>
            Never mind
          </Button>
        </div>
      )}
      <div className="matrix-beside">
        <Matrix
          slice={slice}
          columnHeadings={headingsFor(slice.x)}
          rowHeadings={headingsFor(slice.y)}
          version={version}
          cellOf={live.cell}
          view={view}
          size={size}
          aspect={aspect}
          active={active}
          pinned={pinned}
          onActive={setActive}
          onOpen={open}
          onKey={onKey}
        />
        {summed && <TaskSummary task={task} headingsOf={headingsFor} />}
      </div>
      <p id="matrix-keys" className="key-hint quiet small">
        <kbd>↑↓←→</kbd> move <kbd>Enter</kbd> open <kbd>G</kbd> good <kbd>P</kbd> poor <kbd>U</kbd> unrated{' '}
        <kbd>C</kbd> compare
      </p>
      {view.cell !== undefined &&
        (view.against === undefined ? (
          <Lightbox
            live={live}
            task={task}
            slice={slice}
            ordinal={view.cell}
            onMove={(cell) => go({ cell })}
            onRate={rate}
            onRetry={retry}
            onCompare={pin}
            onClose={close}
          />
        ) : (
          <Compare
            live={live}
            task={task}
            slice={slice}
            left={view.against}
            right={view.cell}
            onMove={(cell) => go({ cell })}
            onSwap={() => go({ cell: view.against, against: view.cell })}
            onRate={rate}
            onClose={close}
          />
        ))}
    </>
  );
};
