import { DomainError } from '@backend2/contracts';
import type { SignInThrottle, SignInTry } from './sign-in-throttle.ts';

/** Before a password is looked at. @throws DomainError `too_many_attempts`, with how long to wait. */
export const admitGuess = async (throttle: SignInThrottle, attempt: SignInTry): Promise<void> => {
  const waitMs = await throttle.admit(attempt);
  if (waitMs === 0) return;
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  throw new DomainError(
    'limited',
    'too_many_attempts',
    `There were too many attempts to sign in. Try again in ${retryAfterSeconds} seconds.`,
    { retryAfterSeconds },
  );
};
