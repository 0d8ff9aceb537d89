import type { TaskDetail, TaskState, UserView } from '@backend2/contracts';

export const taskId = '0198b7a4-6f7e-7c3a-9a45-1a2b3c4d5e6f';
export const ownerId = '0198b7a4-6f7e-7c3a-9a45-000000000001';

export const user: UserView = {
  id: ownerId,
  email: 'ada@example.org',
  name: 'Ada',
  role: 'user',
  disabled: false,
  createdAt: '2026-11-24T00:00:00.000Z',
};

export const taskIn = (state: TaskState): TaskDetail => ({
  id: taskId,
  ownerId,
  name: 'A sweep',
  kind: 'image.generate',
  lane: 'standard',
  state,
  total: 1,
  counts: { pending: 0, queued: 0, running: 0, succeeded: 1, failed: 0, cancelled: 0 },
  priority: 0,
  batchSize: 1,
  timeoutMs: 1000,
  maxAttempts: 3,
  tags: [],
  runAt: null,
  createdAt: '2026-11-24T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  input: {},
  variables: [],
  axes: [],
});

export const tokensOf = (access: string, refresh: string) => ({
  access_token: access,
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: refresh,
});
