import { audit, auditRecorderGroup } from '@backend2/contracts';
import { isRefusedData } from '@backend2/database';
import { PermanentError, type Consumer, type Streams } from '@backend2/streams';
import type { AuditLog } from '../domain/audit-log.ts';

/**
 * Writes what gateways say of changes into the log, a batch a statement. A batch that comes again changes nothing; one
 * that meets no database is kept until there is one, and an entry that Postgres refuses becomes a dead letter alone.
 */
export const auditRecorder = (streams: Streams, log: AuditLog): Consumer =>
  streams.batchConsumer(audit, {
    group: auditRecorderGroup,
    batchSize: 500,
    handler: async (messages) => {
      try {
        await log.record(messages.map(({ payload }) => payload));
      } catch (error) {
        if (!isRefusedData(error)) throw error;
        throw new PermanentError('Postgres refuses the entry', { cause: error });
      }
    },
  });
