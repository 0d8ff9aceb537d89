import { defaultBackoff } from './backoff.ts';
import type { Backoff } from './types.ts';

/** What every consumer goes by, once its options were found to make sense. */
export interface ConsumerSettings {
  readonly group: string;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff;
}

interface Given {
  readonly group: string;
  readonly leaseMs?: number;
  readonly maxDeliveries?: number;
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
}

/** @throws an error that names the option which is not at least `least`, or not whole. */
export const wholeNumber = (name: string, value: number, least: number): number => {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`A consumer's ${name} is a whole number from ${least}, and not ${value}.`);
};

export const consumerSettings = (given: Given): ConsumerSettings => {
  if (given.group === '') throw new RangeError("A consumer's group has a name.");
  const backoff = given.backoff ?? defaultBackoff;
  if (!(backoff.baseMs >= 0 && backoff.maxMs >= backoff.baseMs)) {
    throw new RangeError("A consumer's backoff goes from baseMs up to maxMs, neither below 0.");
  }
  return {
    group: given.group,
    leaseMs: wholeNumber('leaseMs', given.leaseMs ?? 30_000, 10),
    maxDeliveries: wholeNumber('maxDeliveries', given.maxDeliveries ?? 3, 1),
    maxAttempts: wholeNumber('maxAttempts', given.maxAttempts ?? 3, 1),
    backoff,
  };
};
