import { useCallback, useEffect, useState } from 'react';
import { wordsOf } from '../state/words.ts';

export interface Answer<T> {
  /** The last one; null until there is one. */
  readonly answer: T | null;
  /** Why the last request failed, for people; null where it did not. */
  readonly failure: string | null;
  /** Asks anew. */
  readonly ask: () => Promise<void>;
}

/** Asks at once, and again whenever `request` is another: its caller keeps it by `useCallback`. */
export const useAnswer = <T>(request: () => Promise<T>): Answer<T> => {
  const [answer, setAnswer] = useState<T | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const ask = useCallback(async () => {
    try {
      setAnswer(await request());
      setFailure(null);
    } catch (error) {
      setFailure(wordsOf(error));
    }
  }, [request]);
  useEffect(() => void ask(), [ask]);
  return { answer, failure, ask };
};
