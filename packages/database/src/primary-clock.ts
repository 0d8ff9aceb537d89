import { hasReplayed, type Lsn } from './lsn.ts';
import type { ProbeConnection } from './probe-connection.ts';

/**
 * Remembers where the primary's log was at each look. A standby's lag is the age of the first position it has not
 * replayed: right also when its receiver has lost the primary, where the standby's own view says that it lags by nothing.
 */
export interface PrimaryClock {
  look(): Promise<void>;
  /** Milliseconds; 0 when everything seen so far has been replayed, which also holds while the primary is down. */
  lagMs(replayed: Lsn): number;
}

export const primaryClock = (probe: ProbeConnection, keepMs = 3_600_000): PrimaryClock => {
  const seen: { readonly at: number; readonly lsn: Lsn }[] = [];
  return {
    look: async () => {
      const { lsn } = await probe.query<{ lsn: Lsn }>('select pg_current_wal_lsn()::text as lsn');
      const now = performance.now();
      if (seen.at(-1)?.lsn !== lsn) seen.push({ at: now, lsn });
      while (seen.length > 1 && (seen[0]?.at ?? now) < now - keepMs) seen.shift();
    },
    lagMs: (replayed) => {
      const missing = seen[seen.findLastIndex(({ lsn }) => hasReplayed(replayed, lsn)) + 1];
      return missing ? performance.now() - missing.at : 0;
    },
  };
};
