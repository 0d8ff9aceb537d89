import { lanes, laneTopics } from '@backend2/contracts';
import { metricNames, type Log, type Metrics } from '@backend2/service-kit';
import type { Lifecycle, Streams } from '@backend2/streams';
import { backgroundLoop } from './background-loop.ts';

export interface DeadLetterBoundOptions {
  readonly streams: Streams;
  /** Dead letters a lane may keep. */
  readonly most: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

const everyMs = 5000;

/**
 * Forgets the oldest dead letters of the lanes beyond a bound. Nothing of a subtask goes with its letter: the books have it as
 * failed, with its error, and begin it again from there. Every instance trims; a letter goes once.
 */
export const deadLetterBound = (options: DeadLetterBoundOptions): Lifecycle & { idleMs(): number } => {
  const { streams, most, log, metrics } = options;
  const bound = metrics.gauge(metricNames.streamDeadMax, 'Dead letters a stream may keep', ['topic']);
  const trimmed = metrics.counter(
    metricNames.streamDeadTrimmed,
    'Dead letters forgotten because there were too many',
    ['topic'],
  );
  const kept = lanes.map((lane) => {
    const { name: topic } = laneTopics[lane];
    bound.set({ topic }, most);
    trimmed.inc({ topic }, 0);
    return { topic, letters: streams.deadLetters(laneTopics[lane]) };
  });

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      loop.turned();
      for (const { topic, letters } of kept) {
        try {
          const count = await letters.trim(most);
          if (count === 0) continue;
          trimmed.inc({ topic }, count);
          log.warn({ topic, count, most }, 'dead letters are forgotten: there are more than may be kept');
        } catch (error) {
          log.warn({ err: error, topic }, 'dead letters cannot be counted; they are again in a moment');
        }
      }
      await loop.sleep(everyMs);
    }
  };

  const loop = backgroundLoop('dead-letter-bound', run);
  return loop;
};
