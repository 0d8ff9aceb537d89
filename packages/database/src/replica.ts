import type { Sequelize } from 'sequelize';
import { hasReplayed, type Lsn } from './lsn.ts';
import { timelineSql, type PrimaryClock } from './primary-clock.ts';
import { probeConnection } from './probe-connection.ts';

export interface ReplicaHealth {
  /** Host, port and database. */
  readonly server: string;
  /** Whether it is given reads. */
  readonly usable: boolean;
  readonly reachable: boolean;
  readonly lagMs: number;
  /** Why it is left out; absent while it is used. */
  readonly why?: string;
}

/** A standby under watch. */
export interface Replica {
  readonly server: string;
  readonly sequelize: Sequelize;
  readonly health: ReplicaHealth;
  /** Aborted once it is found unusable; another stands there after it was taken back. */
  readonly usable: AbortSignal;
  look(): Promise<void>;
  /** Leaves it out until the next good look. */
  leaveOut(why: string): void;
  /** Asks the server if what was last seen does not already say so; false when it does not answer quickly. */
  hasReplayed(lsn: Lsn): Promise<boolean>;
  close(): Promise<void>;
}

export interface ReplicaSetup {
  readonly url: string;
  readonly server: string;
  readonly sequelize: Sequelize;
  readonly clock: PrimaryClock;
  readonly maxLagMs: number;
  readonly timeoutMs: number;
  /** Told once when it is left out and once when it is taken back. */
  readonly onTurn: (health: ReplicaHealth) => void;
}

interface Position {
  readonly standby: boolean;
  readonly replayed: Lsn | null;
  readonly timeline: string | null;
}

const positionSql =
  'select pg_is_in_recovery() as standby, coalesce(pg_last_wal_replay_lsn(), case when pg_is_in_recovery() ' +
  `then '0/0'::pg_lsn else pg_current_wal_lsn() end)::text as replayed, ${timelineSql}`;

export const watchReplica = (setup: ReplicaSetup): Replica => {
  const { url, server, sequelize, clock, maxLagMs, timeoutMs, onTurn } = setup;
  const probe = probeConnection(url, timeoutMs);
  let replayed: Lsn = '0/0';
  let health: ReplicaHealth = { server, usable: false, reachable: false, lagMs: 0, why: 'not looked at yet' };
  let known = false;
  let use = new AbortController();

  const turn = (next: ReplicaHealth) => {
    const turned = !known || next.usable !== health.usable;
    health = next;
    known = true;
    if (!turned) return;
    if (next.usable) use = new AbortController();
    else use.abort(new Error(`${server} was left out: ${next.why}`));
    onTurn(next);
  };

  const ask = async (): Promise<Position> => {
    const position = await probe.query<Position>(positionSql);
    replayed = position.replayed ?? '0/0';
    return position;
  };

  /** One that another took the place of has writes of its own, or lacks those of its successor. */
  const isFormerPrimary = ({ timeline }: Position): boolean =>
    timeline !== null && clock.timeline !== undefined && timeline < clock.timeline;

  return {
    server,
    sequelize,
    get health() {
      return health;
    },
    get usable() {
      return use.signal;
    },
    look: async () => {
      try {
        const position = await ask();
        const lagMs = Math.round(clock.lagMs(replayed));
        const behind = isFormerPrimary(position)
          ? 'it is a former primary, and another has taken its place'
          : lagMs > maxLagMs
            ? `it lags by ${lagMs} ms`
            : undefined;
        turn({ server, usable: !behind, reachable: true, lagMs, ...(behind && { why: behind }) });
      } catch (error) {
        const why = error instanceof Error && error.message ? error.message : String(error);
        turn({ server, usable: false, reachable: false, lagMs: health.lagMs, why });
      }
    },
    leaveOut: (why) => turn({ server, usable: false, reachable: false, lagMs: health.lagMs, why }),
    hasReplayed: async (lsn) => {
      if (hasReplayed(replayed, lsn)) return true;
      try {
        await ask();
        return hasReplayed(replayed, lsn);
      } catch {
        return false; // the next look says what is wrong with it
      }
    },
    close: async () => {
      use.abort(new Error('the database connection is closed'));
      await probe.close();
    },
  };
};
