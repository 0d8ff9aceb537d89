import pg from 'pg';
import type { Umzug } from 'umzug';
import { findPrimary } from './find-primary.ts';
import { openServer } from './open-server.ts';
import { serverName } from './server-name.ts';
import { createMigrationTable, executedMigrations, migrationTable } from './migration-table.ts';
import { migrations as all } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

export interface MigratorOptions {
  readonly migrations?: readonly Migration[];
  /** Told of each migration as it is done. */
  readonly onDone?: (done: {
    readonly name: string;
    readonly direction: 'up' | 'down';
    readonly ms: number;
  }) => void;
}

/** Whatever the number, it must be the same in every release. */
const lockKey = 712_040_001;

/** Answers once `work` has run with no other runner at work on this database; waits for one that is. */
const alone = async <T>(primaryUrl: string, work: () => Promise<T>): Promise<T> => {
  const holder = new pg.Client({
    connectionString: await findPrimary(primaryUrl),
    application_name: 'backend2-migrate',
  });
  const lost = new Promise<never>((_resolve, reject) => {
    holder.on('error', (cause) =>
      reject(new Error('The lock against other migration runs was lost.', { cause })),
    );
  });
  await holder.connect().catch((cause: unknown) => {
    throw new Error(`The Postgres at ${serverName(primaryUrl)} (DATABASE_URL) cannot be used.`, { cause });
  });
  try {
    await holder.query('select pg_advisory_lock($1)', [lockKey]);
    return await Promise.race([work(), lost]);
  } finally {
    await holder.end();
  }
};

/** Runs `work` with umzug on the primary. Each migration and its record are one transaction. */
export const withMigrator = async <T>(
  primaryUrl: string,
  { migrations = all, onDone }: MigratorOptions,
  work: (umzug: Umzug) => Promise<T>,
): Promise<T> => {
  const primary = openServer(primaryUrl, {
    pool: { size: 0, maxOverflow: 2, timeoutSeconds: 10 },
    applicationName: 'backend2-migrate',
    statementTimeoutMs: 3_600_000,
  });
  const runs = (migration: Migration, direction: 'up' | 'down') => async () => {
    const begun = performance.now();
    await primary.transaction(async (transaction) => {
      for (const sql of migration[direction]) await primary.query(sql, { transaction });
      const record =
        direction === 'up'
          ? `insert into ${migrationTable} (name) values ($1)`
          : `delete from ${migrationTable} where name = $1`;
      await primary.query(record, { transaction, bind: [migration.name] });
    });
    onDone?.({ name: migration.name, direction, ms: Math.round(performance.now() - begun) });
  };
  try {
    return await alone(primaryUrl, async () => {
      await createMigrationTable(primary);
      // Late, because a service only looks at what has run, and umzug brings a whole command line.
      const { Umzug } = await import('umzug');
      const umzug = new Umzug({
        migrations: migrations.map((migration) => ({
          name: migration.name,
          up: runs(migration, 'up'),
          down: runs(migration, 'down'),
        })),
        // The migration's own transaction records it, so a crash between the two cannot happen.
        storage: {
          logMigration: async () => undefined,
          unlogMigration: async () => undefined,
          executed: () => executedMigrations(primary),
        },
        logger: undefined,
      });
      return await work(umzug);
    });
  } finally {
    await primary.close();
  }
};
