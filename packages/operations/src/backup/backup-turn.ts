import pg from 'pg';

/**
 * Waits until no other backup of the database is under way: one that ends removes the copies of files that no backup lists
 * yet. Whatever becomes of this process, its turn ends with its connection.
 */
export const backupTurn = async (
  url: string,
  say: (line: string) => void,
): Promise<{ end(): Promise<void> }> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'backend2-backup-turn',
    keepAlive: true,
  });
  // A lost connection fails the wait, or ends the turn early; the backup itself finds out by its own.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('set statement_timeout = 0');
    const key = `hashtext('backend2 backup')`;
    const { rows } = await client.query<{ ours: boolean }>(`select pg_try_advisory_lock(${key}) as ours`);
    if (rows[0]?.ours !== true) {
      say('Another backup of this database is under way: waiting for its end');
      await client.query(`select pg_advisory_lock(${key})`);
    }
    return { end: () => client.end() };
  } catch (error) {
    await client.end();
    throw error;
  }
};
