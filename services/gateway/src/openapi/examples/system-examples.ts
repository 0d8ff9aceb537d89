import type {
  ConsumersView,
  DeadLetterView,
  HandledDeadLetters,
  HealthView,
  LaneView,
} from '@backend2/contracts';
import { ids } from './example-ids.ts';

const time = '2026-11-24T06:30:10.000Z';

export const passing: HealthView = {
  status: 'pass',
  version: '1.0.0',
  description: 'Backend2',
  checks: {
    'postgres:responseTime': [
      { componentId: 'primary', observedValue: 0.8, observedUnit: 'ms', status: 'pass', time },
    ],
    'redis:responseTime': [{ observedValue: 0.2, observedUnit: 'ms', status: 'pass', time }],
  },
};

export const failing: HealthView = {
  ...passing,
  status: 'fail',
  output: 'redis:responseTime: no answer within 2000 ms',
  checks: {
    'redis:responseTime': [{ status: 'fail', time, output: 'no answer within 2000 ms' }],
  },
};

export const lane: LaneView = {
  lane: 'standard',
  paused: false,
  changedAt: '2026-11-24T06:00:00.000Z',
  changedBy: ids.admin,
  workers: 4,
  slots: 32,
  busy: 4,
  kinds: ['http.request', 'image.generate'],
  pending: 6,
  queued: 8,
  running: 4,
};

export const consumers: ConsumersView = {
  items: [
    {
      topic: 'standard_tasks',
      group: 'workers',
      length: 12,
      lag: 8,
      pending: 4,
      delayed: 0,
      dead: 1,
      oldestMs: 6400,
      oldestWaitingMs: 2100,
      consumers: [{ name: 'standard-worker-1', pending: 4, idleMs: 210, dead: false }],
    },
  ],
};

export const deadLetter: DeadLetterView = {
  entryId: '1764030012000-0',
  messageId: '0198b7a4-6f7e-7c3a-9a45-000000000111',
  reason: 'attempts-exhausted',
  error: 'The engine answered 503.',
  attempts: 3,
  history: [
    { attempt: 1, error: 'The engine answered 503.', at: '2026-11-24T06:30:04.000Z' },
    { attempt: 2, error: 'The engine answered 503.', at: '2026-11-24T06:30:08.000Z' },
    { attempt: 3, error: 'The engine answered 503.', at: '2026-11-24T06:30:12.000Z' },
  ],
  diedAt: '2026-11-24T06:30:12.000Z',
  payload: { taskId: ids.task, ordinal: 3, run: 1, kind: 'image.generate' },
};

export const handledDeadLetters: HandledDeadLetters = { count: 1, more: false };
