import type { Service } from './service.ts';

/**
 * Starts in order. The returned function stops in reverse, reaching every service despite errors; asked again it
 * answers the stop under way. `stop` ends starts that wait.
 *
 * @throws the first start's error, after what had started was stopped.
 */
export const startAll = async (
  services: readonly Service[],
  stop?: AbortSignal,
): Promise<(hard: AbortSignal) => Promise<void>> => {
  const started: Service[] = [];
  let stopping: Promise<void> | undefined;
  const drain = async (hard: AbortSignal) => {
    const errors: unknown[] = [];
    for (const service of started.toReversed()) {
      try {
        await service.stop(hard);
      } catch (cause) {
        errors.push(new Error(`${service.name} did not stop cleanly`, { cause }));
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'The stop was not clean.');
  };
  const stopAll = (hard: AbortSignal) => (stopping ??= drain(hard));
  for (const service of services) {
    try {
      await service.start(stop);
      started.push(service);
    } catch (cause) {
      const unclean = await stopAll(AbortSignal.abort()).then(
        () => undefined,
        (error: unknown) => error,
      );
      throw unclean === undefined
        ? cause
        : new AggregateError([cause, unclean], `${service.name} could not start.`);
    }
  }
  return stopAll;
};
