import { withMigrator, type MigratorOptions } from './migrator.ts';

/** Brings the schema up to date and answers the names of what ran; a second runner waits and finds nothing to do. */
export const migrate = (primaryUrl: string, options: MigratorOptions = {}): Promise<string[]> =>
  withMigrator(primaryUrl, options, async (umzug) => (await umzug.up()).map(({ name }) => name));

/** Takes back the last migration, or all down to and including `to`; `to: 0` is all of them. */
export const migrateDown = (
  primaryUrl: string,
  { to, ...options }: MigratorOptions & { readonly to?: string | 0 } = {},
): Promise<string[]> =>
  withMigrator(primaryUrl, options, async (umzug) =>
    (await umzug.down(to === undefined ? undefined : { to: to as string })).map(({ name }) => name),
  );

export const migrationStatus = (
  primaryUrl: string,
  options: MigratorOptions = {},
): Promise<{ readonly done: string[]; readonly pending: string[] }> =>
  withMigrator(primaryUrl, options, async (umzug) => ({
    done: (await umzug.executed()).map(({ name }) => name),
    pending: (await umzug.pending()).map(({ name }) => name),
  }));
