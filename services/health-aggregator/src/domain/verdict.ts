import {
  heartbeatMs,
  services,
  type HealthCheck,
  type HealthStatus,
  type HealthView,
  type ServiceName,
} from '@backend2/contracts';
import type { KnownProcess } from './process-registry.ts';

/** What a probe of a data store found. */
export interface ProbeResult {
  /** `component:measurement`, as in `redis:write`. */
  readonly name: string;
  readonly componentId?: string;
  readonly status: HealthStatus;
  readonly observedValue?: number;
  readonly observedUnit?: string;
  readonly output?: string;
}

/** Three beats missed. */
export const silentAfterMs = heartbeatMs * 3;

const worst = (statuses: readonly HealthStatus[]): HealthStatus =>
  statuses.includes('fail') ? 'fail' : statuses.includes('warn') ? 'warn' : 'pass';

const processStatus = ({ beat, silentMs }: KnownProcess): { status: HealthStatus; output?: string } => {
  if (silentMs > silentAfterMs)
    return { status: 'warn', output: `silent for ${Math.round(silentMs / 1000)} s` };
  if (beat.state !== 'ready') return { status: 'warn', output: beat.state };
  const failed = beat.checks.filter(({ status }) => status !== 'pass');
  return failed.length === 0
    ? { status: 'pass' }
    : {
        status: 'warn',
        output: failed.map(({ name, output }) => `${name}: ${output ?? 'fails'}`).join('; '),
      };
};

/** One entry a process; a service of which no process can work fails. */
const serviceChecks = (
  service: ServiceName,
  processes: readonly KnownProcess[],
  time: string,
): HealthCheck[] => {
  const working = processes.some((known) => processStatus(known).status === 'pass');
  const checks = processes.map((known): HealthCheck => {
    const { status, output } = processStatus(known);
    return {
      componentId: known.beat.instance,
      componentType: 'component',
      observedValue: Math.round(known.silentMs),
      observedUnit: 'ms since heard',
      status: status === 'warn' && !working ? 'fail' : status,
      time,
      ...(output !== undefined && { output }),
    };
  });
  return checks.length > 0
    ? checks
    : [{ componentType: 'component', status: 'fail', time, output: `no ${service} is running` }];
};

/**
 * The system's health. It fails when one of the six services has no working process, or the primary or Redis cannot be
 * written to; it warns when a process is silent or unwell while another does its work, or a standby is away or behind.
 */
export const verdictOf = (
  processesOf: (service: ServiceName) => readonly KnownProcess[],
  probes: readonly ProbeResult[],
  now: Date,
): HealthView => {
  const time = now.toISOString();
  const checks: Record<string, HealthCheck[]> = {};
  for (const service of services)
    checks[`${service}:processes`] = serviceChecks(service, processesOf(service), time);
  for (const { name, ...found } of probes)
    (checks[name] ??= []).push({ componentType: 'datastore', ...found, time });
  const status = worst(Object.values(checks).flatMap((own) => own.map((check) => check.status)));
  const unwell = Object.entries(checks).flatMap(([name, own]) =>
    own.some((check) => check.status !== 'pass') ? [name.split(':', 1)[0] as string] : [],
  );
  return {
    status,
    description: 'Backend2',
    ...(unwell.length > 0 && { output: `not well: ${[...new Set(unwell)].join(', ')}` }),
    checks,
  };
};
