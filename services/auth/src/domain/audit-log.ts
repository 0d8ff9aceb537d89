import type { AuditEntry, AuditQuery, Page } from '@backend2/contracts';

/** Who changed what, when and from where. */
export interface AuditLog {
  /** Entries that come again, or whose beginning comes after their end, change nothing. */
  record(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first; may be answered by a standby. @throws DomainError for a foreign cursor. */
  list(query: AuditQuery): Promise<Page<AuditEntry>>;
  forget(before: Date): Promise<void>;
}
