import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '@backend2/service-kit';
import { backgroundLoop, type BackgroundLoop } from '../background-loop.ts';
import type { TaskEventPublisher } from './task-event-publisher.ts';

export interface ChangeTeller extends BackgroundLoop {
  /** Tells of what is committed, soon and after what was to be told before; whoever made the change need not wait. */
  readonly tell: (how: (events: TaskEventPublisher) => Promise<void>) => void;
}

/** Between tries, and how long it hangs at most before it shows that it does not. */
const tickMs = 1000;
/** Each may name a hundred thousand cells. */
const mostWaiting = 100;

/**
 * Changes by hand, in the order they were made. A change is done once it is committed, so that Redis does not take its event
 * is no failure of it: the event waits. It is not the record, and is gone with the process.
 */
export const changeTeller = (events: TaskEventPublisher, log: Log): ChangeTeller => {
  const waiting: (() => Promise<void>)[] = [];
  const loop = backgroundLoop('change-events', async (signal) => {
    for (;;) {
      loop.turned();
      const next = waiting.shift();
      if (next === undefined) {
        if (signal.aborted) return;
        await loop.sleep(tickMs);
        continue;
      }
      try {
        await next();
      } catch (error) {
        log.warn({ err: error, waiting: waiting.length }, 'a change could not be told; it is in a moment');
        if (signal.aborted) return;
        if (waiting.length < mostWaiting) waiting.unshift(next);
        await loop.sleep(tickMs);
      }
    }
  });
  return {
    ...loop,
    tell: (how) => {
      if (waiting.length >= mostWaiting) waiting.shift();
      // In the trace of who made the change.
      waiting.push(AsyncLocalStorage.bind(() => how(events)));
      loop.wake();
    },
  };
};
