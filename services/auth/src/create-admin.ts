import { randomBytes, randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { emailSchema, type AuditEntry } from '@backend2/contracts';
import { assertSchemaCurrent, connectDatabase } from '@backend2/database';
import { databaseConfig, loadConfigOrExit, type DatabaseConfig } from '@backend2/service-kit';
import { recordEntries } from './adapters/postgres-audit-log.ts';
import { v7 as uuidv7 } from 'uuid';
import { argon2PasswordHasher } from './adapters/argon2-password-hasher.ts';
import { postgresUserStore } from './adapters/postgres-user-store.ts';

const usage = `Usage: create-admin --if-none [--email ADDRESS]
Makes an admin with a random password, printed once as JSON, on a database that has none. Reads DATABASE_URL.`;

/** No gateway saw it, so it is written down here. */
const creationOf = (userId: string): AuditEntry => ({
  id: uuidv7(),
  at: new Date().toISOString(),
  userId: null,
  apiKeyId: null,
  action: 'createFirstAdmin',
  target: { id: userId },
  details: { host: hostname(), user: userInfo().username },
  address: 'local',
  userAgent: null,
  requestId: randomUUID(),
  outcome: 'done',
  status: null,
  code: null,
});

const run = async (): Promise<object> => {
  const { values } = parseArgs({
    options: { 'if-none': { type: 'boolean' }, email: { type: 'string', default: 'admin@example.com' } },
  });
  if (values['if-none'] !== true) throw new Error(usage);
  const email = emailSchema.safeParse(values.email);
  if (!email.success) throw new Error(`--email: "${values.email}" is not an email address.`);
  const config = loadConfigOrExit<{ database: DatabaseConfig }>({ database: databaseConfig }, process.env);
  const database = connectDatabase({
    primaryUrl: config.database.primaryUrl,
    pool: { ...config.database.pool, size: 0 },
  });
  try {
    await database.start();
    await assertSchemaCurrent(database);
    // Two runs at once must not make two.
    return await database.primary.transaction(async (transaction) => {
      await database.primary.query("select pg_advisory_xact_lock(hashtext('backend2 first admin'))", {
        transaction,
      });
      const users = postgresUserStore(database);
      if (await users.hasAdmin()) return { exists: true };
      const password = randomBytes(18).toString('base64url');
      const passwordHash = await argon2PasswordHasher().hash(password);
      const id = randomUUID();
      await users.create({ id, email: email.data, name: 'Admin', role: 'admin', passwordHash });
      await recordEntries(database.primary, [creationOf(id)]);
      return { email: email.data, password };
    });
  } finally {
    await database.close();
  }
};

try {
  process.stdout.write(`${JSON.stringify(await run())}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
