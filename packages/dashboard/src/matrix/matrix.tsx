import { useEffect, useEffectEvent, useRef } from 'react';
import type { KeyboardEvent, MouseEvent } from 'react';
import type { LiveCell } from '../state/cells.ts';
import type { TaskViewState } from '../state/task-view.ts';
import { matches } from './cell-filter.ts';
import { layOutCells, rowHeadingWidth } from './cell-layout.ts';
import { MatrixCell } from './matrix-cell.tsx';
import { moveByKey } from './move.ts';
import type { Slice } from './slice.ts';
import { useViewport } from './use-viewport.ts';
import { offsetToReveal, visibleSpan } from './window.ts';
import './matrix.css';

interface MatrixProps {
  readonly slice: Slice;
  readonly columnHeadings: readonly string[];
  readonly rowHeadings: readonly string[];
  /** Makes the cells read anew. */
  readonly version: number;
  readonly cellOf: (ordinal: number) => LiveCell | undefined;
  readonly view: Pick<TaskViewState, 'states' | 'ratings'>;
  /** Pixels of a cell's longer side; null fits the columns into the page. */
  readonly size: number | null;
  readonly aspect: number;
  readonly active: number;
  readonly pinned: number | undefined;
  readonly onActive: (ordinal: number) => void;
  readonly onOpen: (ordinal: number) => void;
  /** Any other key pressed on the active cell. */
  readonly onKey: (key: string, ordinal: number) => void;
}

const overscan = 2;
const headHeight = 44;
const cellId = (ordinal: number): string => `cell-${ordinal}`;
const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A grid of which only what is in view exists; its headings stay in sight. */
export const Matrix = (props: MatrixProps) => {
  const { slice, columnHeadings, rowHeadings, cellOf, view, size, aspect, active, pinned } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const viewport = useViewport(scroller);
  const corner = [slice.x, slice.y].map((axis) => `${axis?.name ?? ''} →`);
  const headWidth = slice.y === null ? 0 : rowHeadingWidth([...rowHeadings, ...corner], viewport.width);
  const roomX = Math.max(1, viewport.width - headWidth);
  const roomY = Math.max(1, viewport.height - headHeight);
  const layout = layOutCells(size, aspect, slice.columns, roomX);
  const at = slice.positionOf(active) ?? { column: 0, row: 0 };

  const columns = visibleSpan(viewport.left, roomX, layout.pitchX, slice.columns, overscan);
  const rows = visibleSpan(viewport.top, roomY, layout.pitchY, slice.rows, overscan);
  const width = headWidth + slice.columns * layout.pitchX;
  const height = headHeight + slice.rows * layout.pitchY;

  const reveal = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollLeft = offsetToReveal(element.scrollLeft, roomX, layout.pitchX, at.column);
    element.scrollTop = offsetToReveal(element.scrollTop, roomY, layout.pitchY, at.row);
  });
  const laidOut = viewport.width > 0;
  // Only a move scrolls, never a scroll itself.
  useEffect(() => {
    if (laidOut) reveal();
  }, [active, slice.key, laidOut]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const grid = {
      columns: slice.columns,
      rows: slice.rows,
      pageRows: Math.max(1, Math.floor(roomY / layout.pitchY)),
    };
    const next = moveByKey(at, event.key, event.ctrlKey, grid);
    if (next !== null) {
      event.preventDefault();
      props.onActive(slice.ordinalAt(next.column, next.row));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      props.onOpen(active);
    } else if (!event.ctrlKey) props.onKey(event.key, active);
  };

  const onClick = (event: MouseEvent): void => {
    if (!(event.target instanceof Element)) return;
    const ordinal = event.target.closest<HTMLElement>('[data-ordinal]')?.dataset['ordinal'];
    if (ordinal === undefined) return;
    props.onActive(Number(ordinal));
    props.onOpen(Number(ordinal));
  };

  const headings = (className: string) =>
    span(columns.from, columns.to).map((column) => (
      <div
        key={column}
        role="columnheader"
        aria-colindex={column + 2}
        className={`${className} ${column === at.column ? 'at' : ''}`}
        style={{ insetInlineStart: headWidth + column * layout.pitchX }}
        title={columnHeadings[column]}
      >
        <span>{columnHeadings[column]}</span>
      </div>
    ));

  return (
    <div
      ref={scroller}
      className="matrix"
      role="grid"
      tabIndex={0}
      aria-label="Matrix of results"
      aria-rowcount={slice.rows + 1}
      aria-colcount={slice.columns + 1}
      aria-activedescendant={cellId(active)}
      aria-describedby="matrix-keys"
      onKeyDown={onKeyDown}
      onClick={onClick}
      style={{
        '--cell-width': `${layout.width}px`,
        '--cell-height': `${layout.height}px`,
        '--row-head': `${headWidth}px`,
        '--column-head': `${headHeight}px`,
      }}
    >
      <div className="matrix-room" style={{ width, height }}>
        <div role="row" aria-rowindex={1} className="matrix-heads">
          <div role="columnheader" aria-colindex={1} className="matrix-corner">
            {slice.y !== null && <span className="corner-y">{slice.y.name}</span>}
            {slice.x !== null && <span className="corner-x">{slice.x.name}</span>}
          </div>
          {headings('column-head')}
        </div>
        {viewport.width > 0 &&
          span(rows.from, rows.to).map((row) => (
            <div
              key={row}
              role="row"
              aria-rowindex={row + 2}
              className="matrix-row"
              style={{ insetBlockStart: headHeight + row * layout.pitchY, width }}
            >
              <div
                role="rowheader"
                aria-colindex={1}
                className={`row-head ${row === at.row ? 'at' : ''}`}
                title={rowHeadings[row]}
              >
                <span>{rowHeadings[row]}</span>
              </div>
              {span(columns.from, columns.to).map((column) => {
                const ordinal = slice.ordinalAt(column, row);
                const cell = cellOf(ordinal);
                return (
                  <MatrixCell
                    key={ordinal}
                    id={cellId(ordinal)}
                    ordinal={ordinal}
                    column={column}
                    left={headWidth + column * layout.pitchX}
                    size={Math.max(layout.width, layout.height)}
                    cell={cell}
                    label={[rowHeadings[row], columnHeadings[column]].filter(Boolean).join(', ') || 'Result'}
                    active={ordinal === active}
                    pinned={ordinal === pinned}
                    dimmed={!matches(cell, view)}
                  />
                );
              })}
            </div>
          ))}
      </div>
    </div>
  );
};
