import { randomUUID } from 'node:crypto';
import type { SubtaskView, TaskDetail, TaskEvent, UserView } from '@backend2/contracts';

export const ada = '0198b7a4-6f7e-7c3a-9a45-000000000001';
export const bob = '0198b7a4-6f7e-7c3a-9a45-000000000002';
export const root = '0198b7a4-6f7e-7c3a-9a45-00000000000f';

const at = '2026-11-24T00:00:00.000Z';

export const userOf = (id: string): UserView => ({
  id,
  email: 'ada@example.org',
  name: 'Ada',
  role: 'user',
  disabled: false,
  createdAt: at,
});

export const submission = {
  name: 'A sweep',
  kind: 'image.generate',
  input: { prompts: [{ value: 'a {{colour}} lake' }] },
  variables: [{ name: 'colour', values: ['red', 'blue'] }],
};

export const taskOf = (ownerId: string, changes: Partial<TaskDetail> = {}): TaskDetail => ({
  id: randomUUID(),
  ownerId,
  name: 'A sweep',
  kind: 'image.generate',
  lane: 'standard',
  state: 'running',
  total: 2,
  counts: { pending: 0, queued: 0, running: 0, succeeded: 2, failed: 0, cancelled: 0 },
  priority: 0,
  batchSize: 1,
  timeoutMs: 1000,
  maxAttempts: 3,
  tags: [],
  runAt: null,
  createdAt: at,
  startedAt: null,
  finishedAt: null,
  input: {},
  variables: [{ name: 'colour', values: ['red', 'blue'] }],
  axes: [{ name: 'colour', variables: ['colour'], length: 2 }],
  ...changes,
});

export const subtaskOf = (
  taskId: string,
  ordinal: number,
  changes: Partial<SubtaskView> = {},
): SubtaskView => ({
  taskId,
  ordinal,
  coordinates: { colour: ordinal },
  values: { colour: ['red', 'blue'][ordinal] ?? String(ordinal) },
  state: 'succeeded',
  attempt: 1,
  result: { seed: ordinal },
  error: null,
  artifacts: [],
  rating: 'unrated',
  evaluation: null,
  queuedAt: at,
  startedAt: at,
  finishedAt: at,
  durationMs: 12,
  ...changes,
});

/** A change of one subtask, told apart by its ordinal. */
export const changeOf = (taskId: string, ownerId: string, ordinal: number): TaskEvent => ({
  type: 'subtasks',
  taskId,
  ownerId,
  changes: [{ ordinal, state: 'running', attempt: 1, error: null, artifacts: [] }],
});
