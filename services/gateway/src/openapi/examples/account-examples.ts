import type {
  ApiKeyView,
  AuditEntry,
  CreatedApiKey,
  QuotaView,
  TokenResponse,
  UserView,
} from '@backend2/contracts';
import { ids } from './example-ids.ts';

export const tokens: TokenResponse = {
  access_token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.<claims>.<signature>',
  token_type: 'Bearer',
  expires_in: 604_800,
  refresh_token: 'b2r_<43 characters>',
};

export const user: UserView = {
  id: ids.user,
  email: 'ada@example.org',
  name: 'Ada L.',
  role: 'user',
  disabled: false,
  createdAt: '2026-11-20T08:00:00.000Z',
};

export const apiKey: ApiKeyView = {
  id: ids.apiKey,
  name: 'nightly sweep',
  prefix: 'b2k_q7Rw1X',
  scopes: ['read', 'write'],
  createdAt: '2026-11-20T08:05:00.000Z',
  expiresAt: null,
  lastUsedAt: '2026-11-24T06:30:00.000Z',
};

export const createdApiKey: CreatedApiKey = { ...apiKey, lastUsedAt: null, key: 'b2k_<43 characters>' };

export const auditEntry: AuditEntry = {
  id: ids.auditEntry,
  at: '2026-11-24T06:30:00.000Z',
  userId: ids.user,
  apiKeyId: ids.apiKey,
  action: 'createTask',
  target: { id: ids.task },
  details: { name: 'Lakes at four times of day', kind: 'image.generate', lane: 'standard' },
  address: '203.0.113.7',
  userAgent: 'backend2-cli/0.1.0',
  requestId: ids.request,
  outcome: 'done',
  status: 202,
  code: null,
};

export const quota: QuotaView = {
  userId: ids.user,
  unfinishedTasks: { used: 1, limit: 1000 },
  waitingSubtasks: { used: 14, limit: 2_000_000 },
  schedules: { used: 1, limit: 100 },
};
