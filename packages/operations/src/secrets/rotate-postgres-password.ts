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

interface Login {
  readonly user: string;
  readonly sessions: number;
}

/** Who else may sign in as the role. An administrator of the role is none of its logins. */
const otherLogins = async (client: pg.Client, role: ServiceRole, user: string): Promise<Login[]> => {
  const { rows } = await client.query<Login>(
    `select u.rolname as user, (select count(*)::int from pg_stat_activity where usename = u.rolname) as sessions
     from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles u on u.oid = m.member
     where g.rolname = $1 and u.rolname <> $2 and u.rolcanlogin and not m.admin_option order by u.rolname`,
    [groupOf(role), user],
  );
  return rows;
};

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
  const client = new pg.Client({ connectionString: await findPrimary(ownerUrl) });
  await client.connect();
  try {
    const former = await otherLogins(client, role, user);
    const names = former.map((login) => login.user).join(', ');
    if (step === 'begin') {
      if (former.length > 0) throw new OperatorError(`${names} may still sign in: finish first.`);
      const next = user === `${groupOf(role)}_a` ? `${groupOf(role)}_b` : `${groupOf(role)}_a`;
      const password = randomBytes(32).toString('hex');
      await applyRoles(ownerUrl, { logins: [{ role, user: next, password }] });
      // Textually, since a URL of several hosts is none to the parser.
      file.set(variable, url.replace(/\/\/[^@]*@/, `//${next}:${password}@`));
      return `Restart what uses ${variable}; then: rotate-secret postgres:${role} finish`;
    }
    if (former.length === 0) throw new OperatorError(`${user} alone may sign in: begin first.`);
    const sessions = former.reduce((sum, login) => sum + login.sessions, 0);
    if (sessions > 0)
      throw new OperatorError(`${sessions} sessions still use ${names}: restart what was not restarted.`);
    for (const login of former)
      await client.query(`alter role ${pg.escapeIdentifier(login.user)} nologin password null`);
    return `${names} may no longer sign in.`;
  } finally {
    await client.end();
  }
};
