import type { Rating, TaskDetail } from '@backend2/contracts';
import { useEffect } from 'react';
import type { KeyboardEvent } from 'react';
import type { LiveTask } from '../state/live-task.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/modal.tsx';
import { StateChip } from '../ui/state-chip.tsx';
import { moveByKey } from './move.ts';
import { RatingButtons, ratingOfKey } from './rating-buttons.tsx';
import type { Slice } from './slice.ts';
import { SubtaskFacts } from './subtask-facts.tsx';
import { firstImage, thumbnailUrl } from './thumbnail.ts';
import { useSubtask } from './use-subtask.ts';
import './lightbox.css';

interface LightboxProps {
  readonly live: LiveTask;
  readonly task: TaskDetail;
  readonly slice: Slice;
  readonly ordinal: number;
  readonly onMove: (ordinal: number) => void;
  readonly onRate: (ordinal: number, rating: Rating) => void;
  readonly onRetry: (ordinal: number) => void;
  readonly onCompare: (ordinal: number) => void;
  readonly onClose: () => void;
}

/** One cell at full size with all that is known of it. */
export const Lightbox = ({ live, task, slice, ordinal, ...does }: LightboxProps) => {
  const cell = live.cell(ordinal);
  const { subtask, failure } = useSubtask(live, task.id, ordinal);
  const at = slice.positionOf(ordinal);
  const image = firstImage(cell?.artifacts ?? subtask?.artifacts ?? []);
  const neighbour = (key: string): number | undefined => {
    const next = at === null ? null : moveByKey(at, key, false, { ...slice, pageRows: 1 });
    if (next === null || at === null || (next.column === at.column && next.row === at.row)) return undefined;
    return slice.ordinalAt(next.column, next.row);
  };
  const move = (key: string): void => {
    const next = neighbour(key);
    if (next !== undefined) does.onMove(next);
  };

  const nextUrl = firstImage(live.cell(neighbour('ArrowRight') ?? -1)?.artifacts ?? [])?.url;
  useEffect(() => {
    if (nextUrl !== undefined) new Image().src = nextUrl; // so that the next picture is there at once
  }, [nextUrl]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
    const rating = ratingOfKey(event.key);
    if (rating !== undefined) does.onRate(ordinal, rating);
    else if (event.key === 'r' && cell?.state === 'failed') does.onRetry(ordinal);
    else if (event.key === 'c') does.onCompare(ordinal);
    else if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      move(event.key);
    }
  };

  return (
    <Modal
      label={`Result ${ordinal} of ${task.name}`}
      className="lightbox"
      onClose={does.onClose}
      onKeyDown={onKeyDown}
    >
      <figure className="stage">
        {image === undefined ? (
          <p className="stage-words">
            {cell === undefined ? 'Loading…' : <Absent state={cell.state} result={cell.result} />}
          </p>
        ) : (
          <img
            key={image.id}
            src={image.url}
            alt={`Result ${ordinal}`}
            width={image.width}
            height={image.height}
            style={{ backgroundImage: `url("${thumbnailUrl(image.url, 256)}")` }}
          />
        )}
        <Step side="left" disabled={neighbour('ArrowLeft') === undefined} onClick={() => move('ArrowLeft')} />
        <Step
          side="right"
          disabled={neighbour('ArrowRight') === undefined}
          onClick={() => move('ArrowRight')}
        />
      </figure>
      <aside className="about" aria-label="About this result">
        <header>
          {cell !== undefined && <StateChip state={cell.state} />}
          <Button look="quiet" icon="close" iconOnly onClick={does.onClose}>
            Close
          </Button>
        </header>
        {cell?.state === 'succeeded' && (
          <RatingButtons rating={cell.rating} onRate={(rating) => does.onRate(ordinal, rating)} />
        )}
        <div className="about-facts">
          {failure !== null && <p className="field-issue">{failure}</p>}
          {subtask !== null && <SubtaskFacts task={task} subtask={subtask} />}
        </div>
        <footer>
          {(cell?.state === 'failed' || cell?.state === 'cancelled') && (
            <Button icon="retry" onClick={() => does.onRetry(ordinal)}>
              Retry
            </Button>
          )}
          {image !== undefined && (
            <>
              <Button icon="compare" onClick={() => does.onCompare(ordinal)} title="Compare (C)">
                Compare
              </Button>
              <a className="button" href={image.url} download>
                Download
              </a>
            </>
          )}
        </footer>
      </aside>
    </Modal>
  );
};

const Absent = ({ state, result }: { state: string; result: unknown }) =>
  state === 'succeeded' ? <code>{JSON.stringify(result, null, 2)}</code> : <>No picture: {state}.</>;

const Step = ({
  side,
  disabled,
  onClick,
}: {
  side: 'left' | 'right';
  disabled: boolean;
  onClick: () => void;
}) => (
  <button type="button" className={`step ${side}`} disabled={disabled} onClick={onClick}>
    <svg
      viewBox="0 0 16 16"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      aria-hidden="true"
    >
      <path
        d={side === 'left' ? 'M10 3 5 8l5 5' : 'm6 3 5 5-5 5'}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
    <span className="visually-hidden">{side === 'left' ? 'Previous' : 'Next'}</span>
  </button>
);
