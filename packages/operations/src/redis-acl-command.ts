import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { OperatorError } from './operator-error.ts';
import { aclFile, passwordVariable, previousPasswordVariable, redisUsers } from './redis/redis-users.ts';
import { runCommandLine } from './run-command-line.ts';

const usage = `Prints the ACL file of Redis: a user for each service, with the keys and commands it needs and no other.

  redis-acl > users.acl        or --to FILE, which is never seen half written; then
  aclfile /path/to/users.acl in redis.conf, or ACL LOAD on a running server

Reads the passwords, and during a rotation the former ones from the same names with _PREVIOUS, from
${redisUsers.map(passwordVariable).join(', ')}
and REDIS_KEY_PREFIX (app:). A user whose variable is not set is left out; the default user is off.`;

/** Readable by all, since Redis is another user: what stands in it are hashes of passwords. */
const replaceFile = (path: string, text: string): void => {
  const draft = `${path}.partial`;
  writeFileSync(draft, text);
  chmodSync(draft, 0o644);
  renameSync(draft, path);
};

await runCommandLine(usage, async (args) => {
  const { values } = parseArgs({ args, options: { to: { type: 'string' } } });
  const passwords = Object.fromEntries(
    redisUsers.map((user) => [
      user,
      [passwordVariable(user), previousPasswordVariable(user)]
        .map((variable) => process.env[variable] ?? '')
        .filter((password) => password !== ''),
    ]),
  );
  if (Object.values(passwords).every((given) => given.length === 0)) throw new OperatorError(usage);
  // Empty counts as unset, as in every service.
  const prefix = process.env['REDIS_KEY_PREFIX'] || 'app:';
  const file = aclFile({ prefix, passwords });
  if (values.to === undefined) process.stdout.write(file);
  else replaceFile(values.to, file);
});
