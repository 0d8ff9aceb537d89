import { parseArgs } from 'node:util';
import { serviceRoles } from '@backend2/database';
import { loadConfig, redisConfig, redisConnection } from '@backend2/service-kit';
import { createRedisClient } from '@backend2/streams';
import { OperatorError } from './operator-error.ts';
import { redisUsers } from './redis/redis-users.ts';
import { runCommandLine, say } from './run-command-line.ts';
import { openEnvFile } from './secrets/env-file.ts';
import { rotatePostgresPassword } from './secrets/rotate-postgres-password.ts';
import { passwordSteps, rotateRedisPassword } from './secrets/rotate-redis-password.ts';
import { rotateSigningKey, signingKeySteps } from './secrets/rotate-signing-key.ts';

const usage = `Changes a secret without a pause, in steps; each says what to restart before the next.

  rotate-secret SECRET_KEY begin|switch|finish [--force]
  rotate-secret redis:USER begin|finish             USER: ${redisUsers.join(', ')}
  rotate-secret postgres:ROLE begin|finish          ROLE: ${serviceRoles.join(', ')}
  --env-file FILE   where the secrets stand (.env)

Reads REDIS_URL (a user who may change users) or DATABASE_URL (the owner) from the environment. No secret is printed.`;

const stepOf = <T extends string>(step: string | undefined, steps: readonly T[]): T => {
  const found = steps.find((one) => one === step);
  if (found === undefined) throw new OperatorError(`The step is one of ${steps.join(', ')}.\n${usage}`);
  return found;
};

await runCommandLine(usage, async (args) => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'env-file': { type: 'string', default: '.env' }, force: { type: 'boolean', default: false } },
  });
  const [what = '', given] = positionals;
  const file = openEnvFile(values['env-file']);
  const next = await rotate(what, given);
  file.save();
  say(next);

  async function rotate(secret: string, step: string | undefined): Promise<string> {
    if (secret === 'SECRET_KEY')
      return rotateSigningKey(file, stepOf(step, signingKeySteps), { now: new Date(), force: values.force });
    const [store, name] = secret.split(':');
    const user = redisUsers.find((one) => one === name);
    const role = serviceRoles.find((one) => one === name);
    if (store === 'postgres' && role) {
      const owner = process.env['DATABASE_URL'] ?? '';
      if (owner === '') throw new OperatorError("DATABASE_URL must be set to the owner's URL.");
      return rotatePostgresPassword(file, role, stepOf(step, passwordSteps), owner);
    }
    if (store === 'redis' && user) {
      const connection = redisConnection(loadConfig({ redis: redisConfig }, process.env).redis);
      const redis = createRedisClient(connection, 'commands');
      redis.on('error', () => undefined); // the command rejects
      try {
        return await rotateRedisPassword(file, user, stepOf(step, passwordSteps), redis);
      } finally {
        redis.disconnect();
      }
    }
    throw new OperatorError(usage);
  }
});
