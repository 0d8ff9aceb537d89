import { connectDatabase, migrate } from '@backend2/database';
import { usePostgres, type TestPostgres, type TestScope } from '@backend2/testkit';
import type { ExecutionContext } from 'ava';
import pg from 'pg';

/** Servers with a database of the test's own that has all tables and nothing in them. */
export const useMigrated = (t: TestScope): Promise<TestPostgres> =>
  usePostgres(t, { template: 'migrated', prepare: async (url) => void (await migrate(url)) });

/** A plain connection to a database of the test's own. */
export const openMigrated = async (t: ExecutionContext): Promise<pg.Client> => {
  const { primaryUrl } = await useMigrated(t);
  const client = new pg.Client({ connectionString: primaryUrl });
  await client.connect();
  t.teardown(() => client.end());
  return client;
};

/** The primary of a database of the test's own, as the service's stores take it. */
export const connectMigrated = async (t: ExecutionContext) => {
  const { primaryUrl } = await useMigrated(t);
  const connection = connectDatabase({ primaryUrl, pool: { size: 1, maxOverflow: 1, timeoutSeconds: 30 } });
  await connection.start();
  t.teardown(() => connection.stop());
  return { primaryUrl, database: connection.primary };
};
