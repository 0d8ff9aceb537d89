import test from 'ava';
import { sharedSystem } from '../shared-system.ts';

/** That the gateways and services sign with. */
export const signingKey = 'a secret of these tests alone that is long enough';

/** Nobody runs the tasks. */
export const shared = sharedSystem(
  test,
  {
    SECRET_KEY: signingKey,
    TRUST_PROXY: '1',
    RATE_LIMIT: '0',
    RATE_LIMIT_REFUSED: '0',
    RATE_LIMIT_SIGN_IN: '0',
    MAX_SUBTASKS_PER_TASK: '12',
    WEBHOOK_PRIVATE_HOSTS: '127.0.0.1',
    WEBHOOK_RETRY_BASE: '8s',
    WEBHOOK_MAX_WAITING: '3',
  },
  { services: ['auth', 'task-intake', 'health-aggregator'] },
);
