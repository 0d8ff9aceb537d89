import { setTimeout as delay } from 'node:timers/promises';
import type { Sequelize } from 'sequelize';
import { DatabaseUnreachableError, isConnectionLoss } from './database-errors.ts';
import type { Lsn } from './lsn.ts';
import { openServer, type ServerOptions } from './open-server.ts';
import { poolUse, type PoolUse } from './pool-use.ts';
import { prepared } from './prepared.ts';
import { primaryClock } from './primary-clock.ts';
import { probeConnection } from './probe-connection.ts';
import { replicaUrl } from './replica-url.ts';
import { watchReplica, type Replica, type ReplicaHealth } from './replica.ts';
import { serverLine } from './server-line.ts';
import { serverName } from './server-name.ts';
import { waitWhileAway } from './wait-while-away.ts';
import { watchSilence } from './watch-silence.ts';

export interface DatabaseLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface DatabaseOptions extends ServerOptions {
  readonly primaryUrl: string;
  /** Default none: then the primary answers everything. Without a user, a URL takes the primary's. */
  readonly replicaUrls?: readonly string[];
  /** A replica further behind is left out. Default 10,000. */
  readonly maxLagMs?: number;
  /** How often the servers are looked at. Default 1,000. */
  readonly lookEveryMs?: number;
  /** How long a look at a replica may take. Default 1,500. */
  readonly lookTimeoutMs?: number;
  /** How long the primary may leave a look unanswered before all that waits for it is given up. Default 5,000. */
  readonly silenceMs?: number;
  /** How long a start waits for a primary that is away or does not answer. Default 30,000. */
  readonly startWithinMs?: number;
  readonly log?: DatabaseLog;
}

export interface ReadOptions {
  /** Only a server that shows what was written at this position, from `writeLsn`. */
  readonly after?: Lsn;
}

/** A primary and its standbys. Models are made once for each server's Sequelize: `userModel(server)`. */
export interface Database {
  readonly name: 'database';
  /** For writes, and for reads that must see them. */
  readonly primary: Sequelize;
  /**
   * Runs `work` on a usable replica, in turn, or on the primary where there is none. When the server or the way to it
   * fails, or the replica is left out meanwhile, it runs again elsewhere: so `work` must only read.
   */
  read<T>(work: (server: Sequelize) => Promise<T>, options?: ReadOptions): Promise<T>;
  /** `read` on a server that has replayed `lsn`. */
  readAfter<T>(lsn: Lsn, work: (server: Sequelize) => Promise<T>): Promise<T>;
  /** Where the primary's log stands: called after a commit, a position from which the write is seen. */
  writeLsn(): Promise<Lsn>;
  replicas(): readonly ReplicaHealth[];
  /** How the connections of this process are used, the primary's first. */
  pools(): readonly PoolUse[];
  /** Looks at all replicas now. */
  look(): Promise<void>;
  /**
   * Waits for the primary and for a first look at the replicas.
   *
   * @throws DatabaseUnreachableError; the reason of `stop` once it is aborted.
   */
  start(stop?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** The same as `stop`. */
  close(): Promise<void>;
}

const outcomeOrLoss = <T>(work: Promise<T>, usable: AbortSignal): Promise<T> => {
  if (usable.aborted) return Promise.reject(usable.reason as Error);
  return new Promise((resolve, reject) => {
    const lost = () => reject(usable.reason as Error);
    usable.addEventListener('abort', lost, { once: true });
    work.then(resolve, reject).finally(() => usable.removeEventListener('abort', lost));
  });
};

const lsnText = prepared('select pg_current_wal_lsn()::text as lsn');

/** Connects when first used; looks at its replicas from now until `close`. */
export const connectDatabase = (options: DatabaseOptions): Database => {
  const {
    primaryUrl,
    replicaUrls = [],
    maxLagMs = 10_000,
    lookEveryMs = 1000,
    lookTimeoutMs = 1500,
    silenceMs = 5000,
    startWithinMs = 30_000,
    log,
  } = options;
  const line = serverLine();
  const primary = openServer(primaryUrl, options, line);
  const primaryProbe = probeConnection(primaryUrl, silenceMs);
  const clock = primaryClock(primaryProbe);
  const hearing = watchSilence(
    line,
    silenceMs,
    () => clock.look(),
    (why) => {
      const server = serverName(primaryUrl);
      if (why === undefined) log?.info({ server }, 'the primary answers again');
      else log?.warn({ server, silenceMs }, 'the primary hangs: what waits for it is given up');
    },
  );
  const onTurn = (health: ReplicaHealth) => {
    if (health.usable)
      log?.info({ replica: health.server, lagMs: health.lagMs }, 'replica is used for reads');
    else log?.warn({ replica: health.server, why: health.why }, 'replica is left out of reads');
  };
  const replicas: readonly Replica[] = replicaUrls
    .map((url) => replicaUrl(url, primaryUrl))
    .map((url) =>
      watchReplica({
        url,
        server: serverName(url),
        sequelize: openServer(url, options),
        clock,
        maxLagMs,
        timeoutMs: lookTimeoutMs,
        onTurn,
      }),
    );

  let turn = 0;
  let looking: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const lookOnce = async () => {
    // Without the primary's position replicas are as fresh as they were: it takes no writes they could miss.
    await Promise.race([
      hearing.look().catch(() => undefined),
      delay(lookTimeoutMs, undefined, { ref: false }),
    ]);
    await Promise.all(replicas.map((replica) => replica.look()));
  };
  const look = () =>
    (looking ??= lookOnce().finally(() => {
      looking = undefined;
    }));
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  const firstLook = replicas.length > 0 ? look() : Promise.resolve();

  const candidates = (): Replica[] => {
    const usable = replicas.filter(({ health }) => health.usable);
    turn += 1;
    return usable.map((_, index) => usable[(turn + index) % usable.length] as Replica);
  };

  const read = async <T>(
    work: (server: Sequelize) => Promise<T>,
    { after }: ReadOptions = {},
  ): Promise<T> => {
    for (const replica of candidates()) {
      if (after !== undefined && !(await replica.hasReplayed(after))) continue;
      const { usable } = replica;
      try {
        return await outcomeOrLoss(work(replica.sequelize), usable);
      } catch (error) {
        if (usable.aborted) continue;
        if (!isConnectionLoss(error)) throw error;
        replica.leaveOut(error instanceof Error ? error.message : String(error));
      }
    }
    return work(primary);
  };

  const shut = async () => {
    clearInterval(timer);
    await looking;
    await Promise.all([primaryProbe.close(), primary.close()]);
    await Promise.all(replicas.map((replica) => Promise.all([replica.close(), replica.sequelize.close()])));
  };
  const close = () => (closing ??= shut());

  return {
    name: 'database',
    primary,
    read,
    readAfter: (lsn, work) => read(work, { after: lsn }),
    writeLsn: async () => {
      const [rows] = await primary.query(lsnText);
      return (rows as { lsn: Lsn }[])[0]?.lsn as Lsn;
    },
    replicas: () => replicas.map(({ health }) => health),
    pools: () => [
      poolUse(serverName(primaryUrl), primary),
      ...replicas.map(({ server, sequelize }) => poolUse(server, sequelize)),
    ],
    look,
    start: async (stop) => {
      try {
        await waitWhileAway(() => primary.authenticate(), {
          withinMs: startWithinMs,
          onWait: ({ message }) =>
            log?.warn({ server: serverName(primaryUrl), why: message }, 'the primary is waited for'),
          stop,
        });
      } catch (error) {
        if (stop?.aborted) throw error;
        throw new DatabaseUnreachableError(serverName(primaryUrl), error);
      }
      await firstLook;
    },
    stop: close,
    close,
  };
};
