import { EngineRejectedError, EngineUnavailableError, type ImageEngine } from '@backend2/engines';
import { inSpan, metricNames, type Metrics } from '@backend2/service-kit';

const callSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320];

const outcomeOf = (error: unknown, aborted: boolean): string => {
  if (aborted) return 'aborted';
  if (error instanceof EngineRejectedError) return 'rejected';
  return error instanceof EngineUnavailableError ? 'unavailable' : 'failed';
};

/** The engine's `generate`, each call of it measured and a span of the subtask's trace. */
export const watchedEngine = (engine: ImageEngine, metrics: Metrics): ImageEngine['generate'] => {
  const seconds = metrics.histogram(
    metricNames.engine,
    'Seconds of a call to an image engine',
    ['engine', 'outcome'],
    callSeconds,
  );
  const inFlight = metrics.gauge(metricNames.engineInFlight, 'Calls under way to an image engine', [
    'engine',
  ]);
  const { name } = engine;
  return (request, context) =>
    inSpan(
      `engine ${name}`,
      { kind: 'client', attributes: { 'backend2.engine': name } },
      async ({ traceparent }) => {
        const began = performance.now();
        let outcome = 'ok';
        inFlight.inc({ engine: name });
        try {
          return await engine.generate(request, { ...context, traceparent });
        } catch (error) {
          outcome = outcomeOf(error, context.signal.aborted);
          throw error;
        } finally {
          inFlight.dec({ engine: name });
          seconds.observe({ engine: name, outcome }, (performance.now() - began) / 1000);
        }
      },
    );
};
