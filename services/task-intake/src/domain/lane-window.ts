const fewest = 32;
const most = 5000;
/** How much work, in seconds at the present rate, must lie ready to outlast a turn of the dispatcher. */
const secondsReady = 0.4;

/**
 * How many entries a lane's stream is kept topped up to: two for each live slot, or enough for the
 * dispatcher's next turn where jobs are that quick. Small, so that a newcomer waits behind few and Redis holds little.
 *
 * @param slots live slots of the lane's workers, in all.
 * @param rate subtasks a second lately.
 */
export const laneWindow = (slots: number, rate: number): number =>
  Math.min(most, Math.max(fewest, slots * 2, Math.ceil(rate * secondsReady)));

/**
 * Whether the lane is to be topped up: half of what may wait beside the running ones is gone. Earlier, each turn would
 * move few; later, slots would wait for a turn.
 *
 * @param length entries on the lane, running ones among them.
 */
export const isLow = (length: number, window: number, slots: number): boolean =>
  length <= (window + Math.min(slots, window)) / 2;
