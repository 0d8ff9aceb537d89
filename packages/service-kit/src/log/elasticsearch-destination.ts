import { BulkSender } from './bulk-sender.ts';
import { ecsDocument } from './ecs-document.ts';
import type { LogDestination } from './log-destination.ts';

export interface ElasticsearchDestinationOptions {
  /** May hold user and password. */
  readonly url: string;
  readonly index: string;
  /** Goes before the URL's user. Empty: none. */
  readonly apiKey: string;
  /** Documents kept at most, those under way among them. */
  readonly buffer: number;
  readonly onDropped: (lines: number) => void;
  /** Told once when shipping begins to fail, with a sentence. */
  readonly onTrouble: (why: string) => void;
  readonly onRecovered: () => void;
  /** First pause after a failure; doubles up to 30 s. Default 1,000. */
  readonly pauseMs?: number;
}

const perRequest = 500;
const gatherMs = 1000;
const longestPauseMs = 30_000;
const lastChanceMs = 2000;

/**
 * Ships events by the bulk API. While the server is slow, overloaded or away they wait in a bounded buffer; what does
 * not fit is dropped and counted, so neither memory nor a request ever pays for it.
 */
export const elasticsearchDestination = (options: ElasticsearchDestinationOptions): LogDestination => {
  const { buffer, onDropped, onTrouble, onRecovered, pauseMs: firstPauseMs = 1000 } = options;
  const sender = new BulkSender(options);
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let pauseMs = 0;
  let closed = false;

  const sendOnce = async (): Promise<void> => {
    const batch = waiting.slice(0, perRequest);
    const answer = await sender.send(batch);
    // Appended to meanwhile, never shortened: the batch is still its beginning.
    waiting = [...answer.again, ...waiting.slice(batch.length)];
    if (answer.refused > 0) onDropped(answer.refused);
    if (answer.trouble === undefined) {
      if (pauseMs > 0) onRecovered();
      pauseMs = 0;
      return;
    }
    if (pauseMs === 0) onTrouble(answer.trouble);
    pauseMs = Math.min(longestPauseMs, Math.max(answer.retryAfterMs ?? 0, pauseMs * 2, firstPauseMs));
  };

  const schedule = (): void => {
    if (timer || sending || closed || waiting.length === 0) return;
    const full = waiting.length >= perRequest;
    const wait = pauseMs > 0 ? pauseMs * (0.5 + Math.random() / 2) : full ? 0 : gatherMs;
    timer = setTimeout(() => {
      timer = undefined;
      sending = sendOnce().finally(() => {
        sending = undefined;
        schedule();
      });
    }, wait).unref();
  };

  return {
    write: ({ record }) => {
      if (closed || waiting.length >= buffer) return onDropped(1);
      waiting.push(JSON.stringify(ecsDocument(record)));
      if (waiting.length === 1 || waiting.length === perRequest) {
        if (pauseMs === 0) {
          clearTimeout(timer);
          timer = undefined;
        }
        schedule();
      }
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await sending;
      const until = performance.now() + lastChanceMs;
      while (waiting.length > 0 && pauseMs === 0 && performance.now() < until) await sendOnce();
      if (waiting.length > 0) onDropped(waiting.length);
      waiting = [];
    },
  };
};
