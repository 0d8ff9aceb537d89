import { eventually, expect, type Checklist } from './checklist.ts';
import { healthOf, type Engine } from './engine.ts';

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  readonly sweep: () => Promise<string>;
  readonly allHealthy: () => Promise<void>;
  readonly minutes: (count: number) => number;
}

/** Stores and workers go and come back, with work under way. */
export const verifyFailures = async ({
  list,
  machine,
  sweep,
  allHealthy,
  minutes,
}: Options): Promise<void> => {
  await list.check('Redis stops and starts in the middle of a sweep, which finishes', async () => {
    const sweeping = sweep();
    sweeping.catch(() => undefined); // awaited below; until then it must not count as unhandled
    await machine.compose('stop', 'redis');
    const [gateway] = await machine.containers('gateway');
    expect(gateway?.State.Status === 'running', 'the gateway did not outlive Redis');
    await eventually(async () => {
      const [one] = await machine.containers('gateway');
      expect(
        one !== undefined && healthOf(one) === 'unhealthy',
        'the gateway still counts as healthy without Redis',
      );
    }, minutes(2));
    await machine.compose('start', 'redis');
    const said = await sweeping;
    await eventually(allHealthy, minutes(3));
    return said;
  });

  await list.check('a killed worker comes back by itself, and the sweep it was in finishes', async () => {
    const sweeping = sweep();
    sweeping.catch(() => undefined); // awaited below
    const [worker] = await machine.containers('standard-worker');
    const id = worker?.Id ?? '';
    // From within, as a crash: what the engine kills it does not start again. All but the init, which then ends.
    await machine.tryDocker('exec', id, 'sh', '-c', 'kill -9 -1');
    await eventually(async () => {
      const [one] = await machine.containers('standard-worker');
      expect(
        (one?.RestartCount ?? 0) > (worker?.RestartCount ?? 0),
        `it is ${one?.State.Status} and was not started again`,
      );
      expect(one !== undefined && healthOf(one) === 'healthy', 'it is not healthy yet');
    }, minutes(3));
    return sweeping;
  });

  await list.check('another sweep finishes after that', sweep);
};
