import { useState } from 'react';
import { useInterval } from './use-interval.ts';

/** Epoch milliseconds, renewed every `everyMs` while the page is in view. */
export const useNow = (everyMs: number): number => {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), everyMs);
  return now;
};
