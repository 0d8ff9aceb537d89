/** A ceiling that triples with each failure; the delay is drawn from its upper half, so that it neither vanishes nor comes for many at once. */
const longestDelayMs = 12 * 3_600_000;
const longestHoldMs = 300_000;
/** A single failure may be one event's; from the third in a row on it is the endpoint's. */
const toleratedFailures = 2;

/** @param attempt the one that failed, from 1. */
export const retryDelayMs = (baseMs: number, attempt: number): number => {
  const ceiling = Math.min(longestDelayMs, baseMs * 3 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
};

/** How long an endpoint that failed so often in a row is left alone by deliveries not yet begun. */
export const holdMs = (baseMs: number, failures: number): number =>
  failures <= toleratedFailures
    ? 0
    : Math.min(longestHoldMs, baseMs * 2 ** Math.min(failures - toleratedFailures - 1, 20));
