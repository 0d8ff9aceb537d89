import type { ConfigSchema } from './load-config.ts';

export interface TaskBackendConfig {
  readonly broker: 'redis';
  readonly resultBackend: 'redis';
  /** Seconds a finished subtask's result stays readable from Redis. */
  readonly resultTtl: number;
  /** Bytes of Redis that results may take; the oldest give way. */
  readonly resultMemory: number;
}

/** The DRAMATIQ_* names let an older deployment's environment work unchanged. */
export const taskBackendConfig: ConfigSchema<TaskBackendConfig> = {
  broker: {
    doc: 'Where queues live',
    format: ['redis'],
    default: 'redis',
    env: 'TASK_BROKER',
    aliases: ['DRAMATIQ_BROKER'],
  },
  resultBackend: {
    doc: 'Where results are cached',
    format: ['redis'],
    default: 'redis',
    env: 'TASK_RESULT_BACKEND',
    aliases: ['DRAMATIQ_RESULT_BACKEND'],
  },
  resultTtl: {
    doc: 'Seconds that the result of a finished subtask stays in Redis',
    format: 'whole',
    min: 1,
    default: 86_400,
    env: 'TASK_RESULT_TTL',
    aliases: ['DRAMATIQ_RESULT_TTL'],
  },
  resultMemory: {
    doc: 'Bytes of Redis that cached results may take; the oldest give way',
    format: 'whole',
    min: 1_048_576,
    default: 67_108_864,
    env: 'TASK_RESULT_MEMORY',
  },
};
