import { waitForPrimary } from './find-primary.ts';
import { applyRoles } from './roles/apply-roles.ts';
import { loginOf, loginVariables } from './roles/login-of.ts';
import { serviceRoles } from './roles/table-access.ts';

const usage = `Gives each service the rights it needs in Postgres and no other; run it after every migration, as the owner.
Reads DATABASE_URL (the owner's), and makes or renews the login of each of ${Object.values(loginVariables).join(', ')}
that is set: the URL that service will get, with its user and password.
--wait: for up to a minute, until a server takes writes.`;

const warn = (line: string) => void process.stderr.write(`${line}\n`);
try {
  const url = process.env['DATABASE_URL'] ?? '';
  const [option, ...others] = process.argv.slice(2);
  if (url === '' || others.length > 0 || ![undefined, '--wait'].includes(option)) throw new Error(usage);
  const logins = serviceRoles.flatMap((role) => {
    const given = process.env[loginVariables[role]] ?? '';
    return given === '' ? [] : [loginOf(role, given)];
  });
  await applyRoles(option === '--wait' ? await waitForPrimary(url, warn) : url, {
    logins,
    say: (line) => void process.stdout.write(`${line}\n`),
  });
} catch (error) {
  warn((error as Error).message);
  process.exitCode = 1;
}
