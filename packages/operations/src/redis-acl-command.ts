import { OperatorError } from './operator-error.ts';
import { aclFile, passwordVariable, previousPasswordVariable, redisUsers } from './redis/redis-users.ts';
import { runCommandLine } from './run-command-line.ts';

const usage = `Prints the ACL file of Redis: a user for each service, with the keys and commands it needs and no other.

  redis-acl > users.acl        then aclfile /path/to/users.acl in redis.conf, or ACL LOAD on a running server

Reads the passwords, and during a rotation the former ones from the same names with _PREVIOUS, from
${redisUsers.map(passwordVariable).join(', ')}
and REDIS_KEY_PREFIX (app:). A user whose variable is not set is left out; the default user is off.`;

await runCommandLine(usage, async () => {
  const passwords = Object.fromEntries(
    redisUsers.map((user) => [
      user,
      [passwordVariable(user), previousPasswordVariable(user)]
        .map((variable) => process.env[variable] ?? '')
        .filter((password) => password !== ''),
    ]),
  );
  if (Object.values(passwords).every((given) => given.length === 0)) throw new OperatorError(usage);
  process.stdout.write(aclFile({ prefix: process.env['REDIS_KEY_PREFIX'] ?? 'app:', passwords }));
});
