import { serverUrls } from '../server-urls.ts';
import type { RoleLogin } from './apply-roles.ts';
import type { ServiceRole } from './table-access.ts';

/** The variables that hold the URL each service will get as its `DATABASE_URL`. */
export const loginVariables: Readonly<Record<ServiceRole, string>> = {
  auth: 'AUTH_DATABASE_URL',
  task_intake: 'TASK_INTAKE_DATABASE_URL',
  health: 'HEALTH_DATABASE_URL',
  backup: 'BACKUP_DATABASE_URL',
};

/** @throws an error that names the variable and never what it holds. */
export const loginOf = (role: ServiceRole, url: string): RoleLogin => {
  const [server = ''] = serverUrls(url);
  const { username, password } = URL.canParse(server) ? new URL(server) : { username: '', password: '' };
  if (username === '' || password === '')
    throw new Error(`${loginVariables[role]} must be a URL of Postgres with a user and a password.`);
  return { role, user: decodeURIComponent(username), password: decodeURIComponent(password) };
};
