import type { HealthCheck, HealthStatus } from '@backend2/contracts';

/** One check of the verdict, under its key `component:measurement`. */
export interface Finding {
  readonly key: string;
  readonly check: HealthCheck;
}

export const finding = (
  key: string,
  status: HealthStatus,
  at: Date,
  rest: Omit<HealthCheck, 'status' | 'time'> = {},
): Finding => ({ key, check: { ...rest, status, time: at.toISOString() } });
