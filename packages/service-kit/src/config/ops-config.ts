import type { ConfigSchema } from './load-config.ts';

export interface OpsConfig {
  readonly port: number;
  readonly host: string;
  /** How long a graceful stop may take before what still runs is aborted. */
  readonly graceMs: number;
  /** How long a stopping process says so on /readyz before it stops taking work, for load balancers to notice. */
  readonly drainMs: number;
}

export const opsConfig: ConfigSchema<OpsConfig> = {
  port: {
    doc: '/livez, /readyz, /metrics; 0 is any free one',
    format: 'tcpPort',
    default: 9090,
    env: 'OPS_PORT',
  },
  host: { doc: 'Address the ops port is bound to', format: 'text', default: '127.0.0.1', env: 'OPS_HOST' },
  graceMs: {
    doc: 'Longest graceful stop',
    format: 'milliseconds',
    min: 0,
    default: 25_000,
    env: 'STOP_GRACE',
  },
  drainMs: {
    doc: 'Unready this long before stopping',
    format: 'milliseconds',
    min: 0,
    default: 0,
    env: 'STOP_DRAIN',
  },
};
