import { applyRoles } from './roles/apply-roles.ts';
import { loginOf, loginVariables } from './roles/login-of.ts';
import { serviceRoles } from './roles/table-access.ts';

const usage = `Gives each service the rights it needs in Postgres and no other; run it after every migration, as the owner.
Reads DATABASE_URL (the owner's), and makes or renews the login of each of ${Object.values(loginVariables).join(', ')}
that is set: the URL that service will get, with its user and password.`;

try {
  const url = process.env['DATABASE_URL'] ?? '';
  if (url === '' || process.argv.length > 2) throw new Error(usage);
  const logins = serviceRoles.flatMap((role) => {
    const given = process.env[loginVariables[role]] ?? '';
    return given === '' ? [] : [loginOf(role, given)];
  });
  await applyRoles(url, { logins, say: (line) => void process.stdout.write(`${line}\n`) });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
