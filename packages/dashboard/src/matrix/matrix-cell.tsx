import { memo, useState } from 'react';
import type { LiveCell } from '../state/cells.ts';
import { Icon } from '../ui/icons.tsx';
import { stateNames } from '../ui/state-chip.tsx';
import { firstImage, thumbnailUrl } from './thumbnail.ts';

interface MatrixCellProps {
  readonly id: string;
  readonly ordinal: number;
  readonly column: number;
  readonly left: number;
  /** CSS pixels of the longer side. */
  readonly size: number;
  readonly cell: LiveCell | undefined;
  readonly label: string;
  readonly active: boolean;
  readonly pinned: boolean;
  readonly dimmed: boolean;
}

export const MatrixCell = memo((props: MatrixCellProps) => {
  const { id, ordinal, column, left, size, cell, label, active, pinned, dimmed } = props;
  const state = cell?.state ?? 'unknown';
  const rated = cell === undefined || cell.rating === 'unrated' ? '' : `, rated ${cell.rating}`;
  const known = cell === undefined ? 'loading' : stateNames[cell.state];
  return (
    <div
      id={id}
      role="gridcell"
      aria-colindex={column + 2}
      aria-label={`${label}: ${known}${rated}`}
      aria-selected={active}
      className={`cell is-${state} ${active ? 'active' : ''} ${pinned ? 'pinned' : ''} ${dimmed ? 'dimmed' : ''}`}
      data-ordinal={ordinal}
      style={{ insetInlineStart: left }}
    >
      {cell !== undefined && <Content cell={cell} size={size} />}
      {cell !== undefined && cell.rating !== 'unrated' && (
        <span className={`cell-rating ${cell.rating}`}>
          <Icon name={cell.rating === 'good' ? 'up' : 'thumbDown'} />
        </span>
      )}
    </div>
  );
});
MatrixCell.displayName = 'MatrixCell';

const Content = ({ cell, size }: { cell: LiveCell; size: number }) => {
  const image = firstImage(cell.artifacts);
  if (image !== undefined) return <Picture url={thumbnailUrl(image.url, size * devicePixelRatio)} />;
  switch (cell.state) {
    case 'failed':
      return (
        <span className="cell-words" title={cell.error?.message}>
          <Icon name="warning" />
          {size >= 90 && <span>{cell.error?.code ?? 'failed'}</span>}
        </span>
      );
    case 'succeeded':
      return <span className="cell-words mono">{JSON.stringify(cell.result) ?? ''}</span>;
    case 'running':
      return cell.progress === undefined ? (
        <span className="cell-spinner" />
      ) : (
        <progress className="cell-progress" value={cell.progress.fraction} title={cell.progress.note} />
      );
    case 'cancelled':
      return <span className="cell-words">{size >= 90 && 'cancelled'}</span>;
    case 'pending':
    case 'queued':
      return <span className="cell-dot" />;
  }
};

/** Fades in once it is whole; a picture that cannot be had says so. */
const Picture = ({ url }: { url: string }) => {
  const [shown, setShown] = useState<'loading' | 'whole' | 'broken'>('loading');
  if (shown === 'broken') return <span className="cell-words">no picture</span>;
  return (
    <img
      className={shown === 'whole' ? 'whole' : undefined}
      src={url}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={() => setShown('whole')}
      onError={() => setShown('broken')}
    />
  );
};
