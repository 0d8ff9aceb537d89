import { randomBytes } from 'node:crypto';
import {
  applyRoles,
  findPrimary,
  groupOf,
  loginOf,
  loginVariables,
  type ServiceRole,
} from '@backend2/database';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import type { EnvFile } from './env-file.ts';
import type { PasswordStep } from './rotate-redis-password.ts';

/** The login in a URL changes between `…_a` and `…_b`, both members of the role; between the steps both may sign in. */
export const rotatePostgresPassword = async (
  file: EnvFile,
  role: ServiceRole,
  step: PasswordStep,
  ownerUrl: string,
): Promise<string> => {
  const variable = loginVariables[role];
  const url = file.get(variable);
  if (!url) throw new OperatorError(`There is no ${variable} in the file.`);
  const { user } = loginOf(role, url);
  const other = user === `${groupOf(role)}_a` ? `${groupOf(role)}_b` : `${groupOf(role)}_a`;
  if (step === 'begin') {
    const password = randomBytes(32).toString('hex');
    await applyRoles(ownerUrl, { logins: [{ role, user: other, password }] });
    // Textually, since a URL of several hosts is none to the parser.
    file.set(variable, url.replace(/\/\/[^@]*@/, `//${other}:${password}@`));
    return `Restart what uses ${variable}; then: rotate-secret postgres:${role} finish`;
  }
  const client = new pg.Client({ connectionString: await findPrimary(ownerUrl) });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from pg_stat_activity where usename = $1',
      [other],
    );
    if (Number(rows[0]?.count) > 0)
      throw new OperatorError(
        `${rows[0]?.count} sessions still use ${other}: restart what was not restarted.`,
      );
    const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [other]);
    if (rowCount === 0) throw new OperatorError(`There is no former login ${other}: begin first.`);
    await client.query(`alter role ${pg.escapeIdentifier(other)} nologin password null`);
  } finally {
    await client.end();
  }
  return `${other} may no longer sign in.`;
};
