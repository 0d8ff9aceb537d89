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
  /** Rises with each promotion; undefined until the first look. */
  readonly timeline: string | undefined;
}

/** SQL for the timeline of a server that takes writes; null on a standby. */
export const timelineSql =
  'case when pg_is_in_recovery() then null else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline';

export const primaryClock = (probe: ProbeConnection, keepMs = 3_600_000): PrimaryClock => {
  const seen: { readonly at: number; readonly lsn: Lsn }[] = [];
  let timeline: string | undefined;
  return {
    get timeline() {
      return timeline;
    },
    look: async () => {
      const seenNow = await probe.query<{ lsn: Lsn; timeline: string | null }>(
        `select pg_current_wal_lsn()::text as lsn, ${timelineSql}`,
      );
      const { lsn } = seenNow;
      timeline = seenNow.timeline ?? timeline;
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
