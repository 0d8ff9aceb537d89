import type {
  AuthRpc,
  DeadLetterMethods,
  Principal,
  RpcHandlers,
  TokenRequest,
  TokenResponse,
} from '@backend2/contracts';
import type { AuditLog } from '../domain/audit-log.ts';
import type { ManageApiKeys } from '../domain/manage-api-keys.ts';
import type { ManageUsers } from '../domain/manage-users.ts';

export interface AuthUseCases {
  readonly issueTokens: (grant: TokenRequest, address: string) => Promise<TokenResponse>;
  readonly endSession: (principal: Principal, sessionId: string) => Promise<void>;
  readonly users: ManageUsers;
  readonly apiKeys: ManageApiKeys;
  readonly auditLog: AuditLog;
  readonly requireAdmin: (principal: Principal) => Promise<void>;
}

export const authHandlers = ({
  issueTokens,
  endSession,
  users,
  apiKeys,
  auditLog,
  requireAdmin,
}: AuthUseCases): Omit<RpcHandlers<AuthRpc>, keyof DeadLetterMethods> => ({
  'tokens.issue': ({ grant, address }) => issueTokens(grant, address),
  'tokens.revoke': async ({ principal, sessionId }) => {
    await endSession(principal, sessionId);
    return {};
  },
  'users.me': ({ principal }) => users.me(principal),
  'users.updateMe': ({ principal, patch, address }) => users.updateMe(principal, patch, address),
  'users.list': ({ principal, query }) => users.list(principal, query.limit, query.cursor),
  'users.create': ({ principal, user }) => users.create(principal, user),
  'users.get': ({ principal, userId }) => users.get(principal, userId),
  'users.update': ({ principal, userId, patch }) => users.update(principal, userId, patch),
  'users.delete': async ({ principal, userId }) => {
    await users.remove(principal, userId);
    return {};
  },
  'apiKeys.list': ({ principal }) => apiKeys.list(principal),
  'apiKeys.create': ({ principal, apiKey }) => apiKeys.create(principal, apiKey),
  'apiKeys.delete': async ({ principal, apiKeyId }) => {
    await apiKeys.remove(principal, apiKeyId);
    return {};
  },
  'apiKeys.verify': ({ key }) => apiKeys.verify(key),
  'audit.list': async ({ principal, query }) => {
    await requireAdmin(principal);
    return auditLog.list(query);
  },
});
