import {
  auditEntrySchema,
  consumersViewSchema,
  deadLetterSchema,
  handledDeadLettersSchema,
  healthViewSchema,
  pageSchema,
  type AuditEntry,
  type AuditQuery,
  type ConsumersView,
  type DeadLetterView,
  type DeadLetterSelection,
  type HandledDeadLetters,
  type HealthView,
  type Page,
  type WorkTopicName,
} from '@backend2/contracts';
import { everyItem } from './paging.ts';
import type { Transport } from './transport.ts';

const auditPage = pageSchema(auditEntrySchema);
const letterPage = pageSchema(deadLetterSchema);

/** What admins see and do of the system as a whole. */
export const systemApi = (transport: Transport) => {
  const audit = (query: Partial<AuditQuery> = {}): Promise<Page<AuditEntry>> =>
    transport.json({ method: 'GET', path: '/audit', query }, auditPage);
  const handle = (how: 'redrive' | 'discard', which: DeadLetterSelection): Promise<HandledDeadLetters> =>
    transport.json(
      { method: 'POST', path: `/system/dead-letters/${how}`, body: which },
      handledDeadLettersSchema,
    );
  return {
    health: (): Promise<HealthView> =>
      transport.json({ method: 'GET', path: '/system/health' }, healthViewSchema),
    consumers: (): Promise<ConsumersView> =>
      transport.json({ method: 'GET', path: '/system/consumers' }, consumersViewSchema),
    /** Oldest first. */
    deadLetters: (
      topic: WorkTopicName,
      query: { limit?: number; cursor?: string } = {},
    ): Promise<Page<DeadLetterView>> =>
      transport.json({ method: 'GET', path: '/system/dead-letters', query: { topic, ...query } }, letterPage),
    redrive: (which: DeadLetterSelection): Promise<HandledDeadLetters> => handle('redrive', which),
    discard: (which: DeadLetterSelection): Promise<HandledDeadLetters> => handle('discard', which),
    audit,
    iterateAudit: (filter: Omit<Partial<AuditQuery>, 'cursor'> = {}): AsyncGenerator<AuditEntry> =>
      everyItem((cursor) => audit({ ...filter, ...(cursor === undefined ? {} : { cursor }) })),
  };
};
export type SystemApi = ReturnType<typeof systemApi>;
