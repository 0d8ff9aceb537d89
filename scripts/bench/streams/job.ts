/** What every contender carries: about 250 bytes of JSON. */
export interface Job {
  readonly n: number;
  /** Milliseconds of the machine's monotonic clock, which its processes share. */
  readonly sentAt: number;
  readonly prompt: string;
  readonly owner: string;
}

const prompt =
  'a lighthouse above a stormy sea at dusk, volumetric light, long exposure, muted palette, painted in oil, ' +
  'seen from the cliffs on the other side of the bay';
const owner = '7d1f3b52-0c1e-4a8e-9a55-3f1f0f8f9f10';

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const makeJob = (n: number): Job => ({ n, sentAt: monotonicMs(), prompt, owner });

export const makeJobs = (count: number): Job[] => Array.from({ length: count }, (_, n) => makeJob(n));
