import { ratioSchema, sizeOfRatio } from '@backend2/contracts';
import type { TaskDetail } from '@backend2/contracts';
import { fittingSize } from './window.ts';

const gap = 6;
export const smallestCell = 44;
export const largestCell = 360;
const largestFit = 208;

export interface CellLayout {
  readonly width: number;
  readonly height: number;
  /** Distance from one cell's start to the next one's. */
  readonly pitchX: number;
  readonly pitchY: number;
}

/** Width to height of the task's pictures where its input fixes one, else a square. */
export const aspectOf = (task: Pick<TaskDetail, 'kind' | 'input'>): number => {
  const { input } = task;
  if (task.kind !== 'image.generate' || input === null || typeof input !== 'object' || Array.isArray(input))
    return 1;
  const ratio = ratioSchema.safeParse(input['ratio']);
  if (!ratio.success) return 1;
  const size = sizeOfRatio(ratio.data);
  return size.width / size.height;
};

/** @param size of a cell's longer side; null for the one that fits the columns into `room`. */
export const layOutCells = (
  size: number | null,
  aspect: number,
  columns: number,
  room: number,
): CellLayout => {
  const longest = size ?? fittingSize(room - gap * columns, columns * Math.min(1, aspect), 72, largestFit);
  const width = Math.round(aspect >= 1 ? longest : longest * aspect);
  const height = Math.round(aspect >= 1 ? longest / aspect : longest);
  return { width, height, pitchX: width + gap, pitchY: height + gap };
};

/** Room for row headings: as much as the longest wants, within a share of the page. */
export const rowHeadingWidth = (headings: readonly string[], pageWidth: number): number => {
  const longest = Math.max(0, ...headings.map((heading) => heading.length));
  const most = Math.min(180, Math.max(72, pageWidth * 0.26));
  return Math.round(Math.min(most, 30 + longest * 7.5));
};
