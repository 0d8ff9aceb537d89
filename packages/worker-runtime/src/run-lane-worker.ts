import type { Lane } from '@backend2/contracts';
import {
  createReadiness,
  loadConfigOrExit,
  opsServer,
  runUntilSignal,
  startTelemetry,
  type Metrics,
} from '@backend2/service-kit';
import { AggregatorRegistry } from 'prom-client';
import { askMetrics } from './child-metrics.ts';
import { supervisor, type Supervisor } from './supervisor.ts';
import { workerConfig } from './worker-config.ts';

export interface LaneWorkerOptions {
  readonly lane: Lane;
  readonly env: NodeJS.ProcessEnv;
  /** The worker's own `main.ts`, which its processes run too. */
  readonly module: string;
}

/**
 * Runs a lane's worker until it is told to stop. The first process supervises `processes` others of the same module, which
 * do the work; its ops port speaks for all of them.
 *
 * A bad configuration ends the process with every offending variable named.
 */
export const runLaneWorker = async ({ lane, env, module }: LaneWorkerOptions): Promise<void> => {
  const config = loadConfigOrExit(workerConfig(lane), env);
  const service = `${lane}-worker` as const;
  const version = env['BACKEND2_VERSION'] ?? 'development';
  const place = env['BACKEND2_WORKER_PLACE'];
  const telemetry = await startTelemetry({ service, version, config, ...(place !== undefined && { place }) });
  const { log, metrics } = telemetry;
  if (place !== undefined) {
    const { runWorkerProcess } = await import('./worker-process.ts');
    return runWorkerProcess(lane, config, version, telemetry);
  }
  const workers = supervisor({
    module,
    processes: config.processes,
    hungMs: config.hungMs,
    env,
    log,
    metrics,
  });
  const readiness = createReadiness([
    {
      name: 'worker-processes',
      check: async () => {
        if (workers.ready < config.processes)
          throw new Error(`${workers.ready} of ${config.processes} processes are ready`);
      },
    },
  ]);
  const ops = opsServer({
    ...config.ops,
    metrics: mergedMetrics(metrics, workers),
    readiness,
    loops: () => workers.loops(),
  });
  await runUntilSignal([ops, workers], {
    log,
    readiness,
    ...config.ops,
    ports: () => ({ ops: ops.port }),
    tidyLate: true,
    onExit: () => telemetry.close(),
  });
};

/** The supervisor's metrics and its processes', added up. */
const mergedMetrics = (own: Metrics, workers: Supervisor): Metrics => {
  const registry = Object.create(own.registry) as Metrics['registry'];
  registry.metrics = async () => {
    const answers = await Promise.all(workers.children.map(askMetrics));
    const parts = [
      await own.registry.getMetricsAsJSON(),
      ...answers.filter((answer) => answer !== undefined),
    ];
    return AggregatorRegistry.aggregate(parts).metrics();
  };
  return { ...own, registry };
};
