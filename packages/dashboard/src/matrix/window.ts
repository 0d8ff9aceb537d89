/** Half-open: `from` up to but not `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Which of `count` equal items lie in view, with `overscan` more on each side.
 * @param offset pixels scrolled past; @param extent pixels in view; @param size pixels of one item.
 */
export const visibleSpan = (
  offset: number,
  extent: number,
  size: number,
  count: number,
  overscan: number,
): Span => {
  const first = Math.floor(Math.max(0, offset) / size);
  const last = Math.ceil((Math.max(0, offset) + extent) / size);
  return {
    from: Math.max(0, Math.min(first - overscan, count)),
    to: Math.max(0, Math.min(last + overscan, count)),
  };
};

/** The scroll offset nearest to `offset` at which the whole item is in view. */
export const offsetToReveal = (offset: number, extent: number, size: number, index: number): number => {
  const start = index * size;
  if (start < offset || size > extent) return start;
  return Math.max(offset, start + size - extent);
};

/** Room for the cells when each axis is `count` long, as large as fits between the bounds. */
export const fittingSize = (room: number, count: number, smallest: number, largest: number): number =>
  Math.round(Math.max(smallest, Math.min(largest, room / Math.max(1, count))));
