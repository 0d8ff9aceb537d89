/**
 * The best of up to five tries, in milliseconds, each of which answers how long it took; the first below `enoughMs` is the last.
 * A busy machine is late now and then; what polls, or waits for a time to pass, is late each time.
 */
export async function soonest(enoughMs: number, attempt: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 5 && best >= enoughMs; tries++) best = Math.min(best, await attempt());
  return best;
}
