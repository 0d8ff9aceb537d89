import { ApiError } from '@backend2/client';
import type { EstimateView, Issue } from '@backend2/contracts';
import { useEffect, useState } from 'react';
import { useServices } from '../state/services.ts';
import { wordsOf } from '../state/words.ts';
import type { CheckedDraft } from './check-draft.ts';

export interface Estimated {
  readonly estimate: EstimateView | null;
  readonly issues: readonly Issue[];
  /** A refusal that names no path, or no answer. */
  readonly failure: string | null;
}

const settleMs = 350;
const nothing: Estimated = { estimate: null, issues: [], failure: null };

/** What the server says to the draft, asked a moment after the typing stops. */
export const useEstimate = (checked: CheckedDraft): Estimated => {
  const { api } = useServices();
  const [estimated, setEstimated] = useState<Estimated>(nothing);
  const body = checked.ok ? JSON.stringify(checked.submission) : null;
  useEffect(() => {
    if (body === null) return;
    const asking = new AbortController();
    const timer = setTimeout(() => {
      api.tasks.estimate(JSON.parse(body), { signal: asking.signal }).then(
        (estimate) => setEstimated({ estimate, issues: [], failure: null }),
        (error: unknown) => {
          if (asking.signal.aborted) return;
          const issues = error instanceof ApiError ? error.issues : [];
          setEstimated({ estimate: null, issues, failure: issues.length > 0 ? null : wordsOf(error) });
        },
      );
    }, settleMs);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [api, body]);
  return checked.ok ? estimated : { ...nothing, issues: checked.issues };
};
