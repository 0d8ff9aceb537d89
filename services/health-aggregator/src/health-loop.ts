import { heartbeats, services, type HealthView } from '@backend2/contracts';
import { metricNames, type Log, type Metrics, type RedisEntities, type Service } from '@backend2/service-kit';
import type { Streams } from '@backend2/streams';
import { ProcessRegistry } from './domain/process-registry.ts';
import { verdictOf, type ProbeResult } from './domain/verdict.ts';

export interface HealthLoopOptions {
  readonly streams: Streams;
  readonly entities: Pick<RedisEntities, 'health'>;
  readonly probe: () => Promise<ProbeResult[]>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface HealthLoop extends Service {
  idleMs(): number;
}

const everyMs = 1500;
const statusValue = { pass: 0, warn: 1, fail: 2 } as const;

/** Folds heartbeats and probes into one verdict every second and a half, and keeps it where the gateways look. */
export const healthLoop = ({ streams, entities, probe, log, metrics }: HealthLoopOptions): HealthLoop => {
  const registry = new ProcessRegistry();
  const subscription = streams
    .broadcast(heartbeats)
    .subscribe({ handler: ({ payload }) => registry.hear(payload) });
  const system = metrics.gauge(metricNames.systemStatus, '0 pass, 1 warn, 2 fail');
  const component = metrics.gauge(metricNames.componentStatus, '0 pass, 1 warn, 2 fail', ['component']);
  const instances = metrics.gauge(metricNames.serviceInstances, 'Processes heard of lately', ['service']);
  let timer: NodeJS.Timeout | undefined;
  let turning: Promise<void> | undefined;
  let turnedAt = performance.now();
  let last: HealthView['status'] | undefined;

  const report = (view: HealthView): void => {
    system.set(statusValue[view.status]);
    for (const [name, checks] of Object.entries(view.checks)) {
      component.set({ component: name }, Math.max(...checks.map(({ status }) => statusValue[status])));
    }
    for (const service of services) instances.set({ service }, registry.of(service).length);
    if (view.status === last) return;
    log[view.status === 'pass' ? 'info' : 'warn'](
      { status: view.status, was: last, why: view.output },
      'system health turned',
    );
    last = view.status;
  };

  const turn = async (): Promise<void> => {
    const view = verdictOf((service) => registry.of(service), await probe(), new Date());
    report(view);
    await entities.health
      .save(view)
      .catch((error: unknown) => log.warn({ err: error }, 'the verdict could not be kept'));
    turnedAt = performance.now();
  };

  return {
    name: 'health-loop',
    start: async () => {
      await subscription.start();
      timer = setInterval(() => {
        turning ??= turn()
          .catch((error: unknown) => log.error({ err: error }, 'a look at the system failed'))
          .finally(() => {
            turning = undefined;
          });
      }, everyMs);
    },
    stop: async (hard) => {
      clearInterval(timer);
      await turning;
      await subscription.stop(hard);
    },
    idleMs: () => performance.now() - turnedAt,
  };
};
