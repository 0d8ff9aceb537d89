import type { Log } from '@backend2/service-kit';
import type { StopOrder, StopOrderStore } from './adapters/postgres-stop-orders.ts';
import { backgroundLoop, type BackgroundLoop } from './background-loop.ts';

/** Woken in the process that made an order; by itself it finds what another could not give any more. */
const tickMs = 1000;

/** Tells the workers which runs are to stop. An order outlives the process that made it and a Redis that is away. */
export const stopTeller = (
  store: StopOrderStore,
  tell: (orders: readonly StopOrder[]) => Promise<void>,
  log: Log,
): BackgroundLoop => {
  const loop = backgroundLoop('stop-orders', async (signal) => {
    while (!signal.aborted) {
      loop.turned();
      try {
        await store.take(tell);
      } catch (error) {
        log.warn({ err: error }, 'workers could not be told to stop runs; they are told in a moment');
      }
      await loop.sleep(tickMs);
    }
  });
  return loop;
};
