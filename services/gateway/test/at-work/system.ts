import { fileURLToPath } from 'node:url';
import { until } from '@backend2/testkit';
import test from 'ava';
import { sharedSystem } from '../shared-system.ts';

const handlers = ['test/fixtures/handlers.ts', 'examples/text-count-words.ts'].map((file) =>
  fileURLToPath(new URL(`../../../../packages/worker-runtime/${file}`, import.meta.url)),
);

/** A worker runs the tasks, two subtasks at a time. */
export const shared = sharedSystem(
  test,
  {
    TRUST_PROXY: '1',
    RATE_LIMIT: '100000',
    RATE_LIMIT_SIGN_IN: '100000',
    MAX_DEAD_LETTERS_PER_LANE: '4',
    WORKER_HANDLERS: handlers.join(','),
    HTTP_PRIVATE_HOSTS: '127.0.0.1',
    WEBHOOK_PRIVATE_HOSTS: '127.0.0.1',
    WEBHOOK_RETRY_BASE: '50ms',
    // None hangs: it is only to be longer than an answer takes where every core is busy.
    WEBHOOK_TIMEOUT: '30s',
    WEBHOOK_DISABLE_AFTER: '5s',
  },
  { services: ['auth', 'task-intake', 'standard-worker', 'health-aggregator'] },
);

test.serial.before('the worker has told of the kinds that it runs', async () => {
  const known = async () =>
    (await shared().root.lanes.list()).some(({ kinds }) => kinds.includes('text.count-words'));
  await until(known, { timeoutMs: 60_000, what: "the worker's kinds" });
});
