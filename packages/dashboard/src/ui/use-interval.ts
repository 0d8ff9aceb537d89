import { useEffect, useEffectEvent } from 'react';

/** Runs `tick` while the page is in view, and at once when it comes back into view. */
export const useInterval = (tick: () => void, everyMs: number): void => {
  const run = useEffectEvent(tick);
  useEffect(() => {
    const whenVisible = (): void => {
      if (document.visibilityState === 'visible') run();
    };
    const timer = setInterval(whenVisible, everyMs);
    document.addEventListener('visibilitychange', whenVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenVisible);
    };
  }, [everyMs]);
};
