import { webhookDeliveries } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { Lifecycle, Streams } from '@backend2/streams';
import type { WebhookDeliveryStore } from '../adapters/postgres-webhook-deliveries.ts';
import { backgroundLoop } from '../background-loop.ts';

export interface WebhookRelayOptions {
  readonly streams: Streams;
  readonly store: WebhookDeliveryStore;
  readonly log: Log;
  /** How long a delivery is kept after it ended. */
  readonly retentionMs: number;
  /** Deliveries that may wait for one webhook. */
  readonly mostWaiting: number;
  /** So many waited in vain. */
  readonly onGivenUp: (count: number) => void;
}

export interface WebhookRelay extends Lifecycle {
  /** There is something to send, or room to send it. */
  readonly wake: () => void;
  /** Tasks changed, of which a webhook may hear: many at once are looked at once. */
  readonly hint: () => void;
  /** Redis lost what was in it. */
  readonly onDataLost: () => void;
  idleMs(): number;
}

/** Deliveries of one webhook under way at a time: a slow endpoint takes so many slots and no more. */
const window = 8;
const tickMs = 1000;
/** Hints come with every change of any task; one look serves all within it. */
const hintMs = 50;
const failureMs = 1000;
const overdueEveryMs = 60_000;
const pruneEveryMs = 600_000;
/** What a full endpoint or a disabled owner may have waiting for longer than it should. */
const giveUpEveryMs = 10_000;
/** Long past the slowest attempt: what is overdue by it has no message any more. */
const overdueMs = 600_000;
const mostKept = 1000;
/** Attempts are counted in Postgres; the engine's own count is for what fails before it comes to one. */
const engineAttempts = 10_000;

/**
 * Moves deliveries from Postgres to the stream, a window of each webhook at a time, so that neither a slow endpoint nor
 * a large backlog fills Redis or holds back others. Every instance has one; rows are taken by one of them.
 */
export const webhookRelay = (options: WebhookRelayOptions): WebhookRelay => {
  const { streams, store, log, retentionMs, mostWaiting, onGivenUp } = options;
  const publisher = streams.publisher(webhookDeliveries);
  /** Redis may lack what the books have as published: so at the start, and when it lost its data. */
  let inDoubt = true;
  let overdueAt = 0;
  let pruneAt = 0;
  let giveUpAt = 0;
  let hinted: NodeJS.Timeout | undefined;

  const publish = async (due: readonly { id: string; delayMs: number }[]): Promise<void> => {
    await publisher.publishMany(
      due.map(({ id, delayMs }) => ({
        payload: { deliveryId: id },
        options: { id, delayMs, maxAttempts: engineAttempts },
      })),
    );
  };

  const compareBooks = async (): Promise<void> => {
    const held: string[] = [];
    for await (const { payload } of streams.contents(webhookDeliveries)) held.push(payload.deliveryId);
    const count = await store.requeueLost(held);
    if (count > 0) log.warn({ count }, 'webhook deliveries that Redis no longer held are published again');
  };

  const turn = async (): Promise<void> => {
    if (inDoubt) {
      inDoubt = false;
      await compareBooks().catch((error: unknown) => {
        inDoubt = true;
        throw error;
      });
    }
    if (performance.now() >= overdueAt) {
      overdueAt = performance.now() + overdueEveryMs;
      const count = await store.requeueOverdue(overdueMs);
      if (count > 0) log.warn({ count }, 'overdue webhook deliveries are published again');
    }
    if (performance.now() >= giveUpAt) {
      const count = await store.giveUp(mostWaiting);
      if (count === 0) giveUpAt = performance.now() + giveUpEveryMs;
      else {
        onGivenUp(count);
        log.warn({ count }, 'webhook deliveries are given up: too many waited, or their owner is gone');
      }
    }
    if (performance.now() >= pruneAt) {
      const count = await store.prune(retentionMs, mostKept);
      // There may be more: at the next turn then.
      if (count === 0) pruneAt = performance.now() + pruneEveryMs;
    }
    await store.take(window, publish);
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      loop.turned();
      let pauseMs = tickMs;
      try {
        await turn();
      } catch (error) {
        log.warn({ err: error }, 'publishing webhook deliveries failed; it goes on in a moment');
        pauseMs = failureMs;
      }
      await loop.sleep(pauseMs);
    }
  };

  const loop = backgroundLoop('webhook-relay', run);
  return {
    ...loop,
    stop: async (hard) => {
      clearTimeout(hinted);
      await loop.stop(hard);
    },
    hint: () => {
      hinted ??= setTimeout(() => {
        hinted = undefined;
        loop.wake();
      }, hintMs);
    },
    onDataLost: () => {
      inDoubt = true;
      loop.wake();
    },
  };
};
