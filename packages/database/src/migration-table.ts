import type { Sequelize } from 'sequelize';

export const migrationTable = 'schema_migrations';

export const createMigrationTable = async (primary: Sequelize): Promise<void> => {
  await primary.query(
    `create table if not exists ${migrationTable} (name text primary key, run_at timestamptz not null default now())`,
  );
};

/** Names of the migrations that have run, in order; none where the table is not there yet. */
export const executedMigrations = async (primary: Sequelize): Promise<string[]> => {
  const [found] = await primary.query(`select to_regclass('${migrationTable}') is not null as there`);
  if ((found as { there: boolean }[])[0]?.there !== true) return [];
  const [rows] = await primary.query(`select name from ${migrationTable} order by name`);
  return (rows as { name: string }[]).map(({ name }) => name);
};
