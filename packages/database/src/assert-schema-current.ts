import type { Database } from './connect-database.ts';
import { SchemaOutdatedError } from './database-errors.ts';
import { executedMigrations } from './migration-table.ts';
import { migrations } from './migrations/index.ts';

/**
 * A schema newer than this program is fine: migrations only add what older programs can live with.
 *
 * @throws SchemaOutdatedError naming the migrations it lacks and the command to run.
 */
export const assertSchemaCurrent = async ({ primary }: Pick<Database, 'primary'>): Promise<void> => {
  const executed = new Set(await executedMigrations(primary));
  const missing = migrations.map(({ name }) => name).filter((name) => !executed.has(name));
  if (missing.length > 0) throw new SchemaOutdatedError(missing);
};
