import type { HealthCheck, HealthStatus, HealthView } from '@backend2/contracts';

export interface Observation extends HealthCheck {
  readonly measurement: string;
}

export interface Component {
  readonly name: string;
  readonly status: HealthStatus;
  readonly observations: readonly Observation[];
}

const order: readonly HealthStatus[] = ['pass', 'warn', 'fail'];

const worstOf = (statuses: readonly HealthStatus[]): HealthStatus =>
  order[Math.max(0, ...statuses.map((status) => order.indexOf(status)))] ?? 'pass';

/** The checks by component, those in trouble first. */
export const componentsOf = (health: Pick<HealthView, 'checks'>): Component[] => {
  const byName = new Map<string, Observation[]>();
  for (const [key, checks] of Object.entries(health.checks)) {
    const [name = key, ...rest] = key.split(':');
    const observations = byName.get(name) ?? [];
    observations.push(...checks.map((check) => ({ ...check, measurement: rest.join(':') })));
    byName.set(name, observations);
  }
  return [...byName]
    .map(([name, observations]) => ({
      name,
      status: worstOf(observations.map(({ status }) => status)),
      observations,
    }))
    .toSorted((a, b) => order.indexOf(b.status) - order.indexOf(a.status) || a.name.localeCompare(b.name));
};
