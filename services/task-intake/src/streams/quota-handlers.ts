import { type RpcHandlerGroup, type TaskIntakeRpc } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { QuotaStore } from '../adapters/postgres-quota-store.ts';
import { requireAdmin } from './require-admin.ts';

export const quotaHandlers = (quotas: QuotaStore, log: Log): RpcHandlerGroup<TaskIntakeRpc, 'quotas'> => ({
  'quotas.get': async ({ principal, userId }) => {
    if (principal.userId !== userId) requireAdmin(principal);
    return quotas.of(userId);
  },
  'quotas.update': async ({ principal, userId, patch }) => {
    requireAdmin(principal);
    log.info({ ...patch, ofUserId: userId, userId: principal.userId }, 'quota changed');
    return quotas.update(userId, patch);
  },
});
