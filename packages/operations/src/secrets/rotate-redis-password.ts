import { randomBytes } from 'node:crypto';
import { Cluster } from 'ioredis';
import type { RedisClient } from '@backend2/streams';
import { OperatorError } from '../operator-error.ts';
import { passwordVariable, previousPasswordVariable, type RedisUser } from '../redis/redis-users.ts';
import type { EnvFile } from './env-file.ts';

export const passwordSteps = ['begin', 'finish'] as const;
export type PasswordStep = (typeof passwordSteps)[number];

/** A user of Redis has two passwords between the steps, in which whoever signs in with the old one is restarted. */
export const rotateRedisPassword = async (
  file: EnvFile,
  user: RedisUser,
  step: PasswordStep,
  /** Signed in as one who may change users. */
  redis: RedisClient,
): Promise<string> => {
  const variable = passwordVariable(user);
  const former = previousPasswordVariable(user);
  const change = async (rule: string) => {
    const nodes = redis instanceof Cluster ? redis.nodes('all') : [redis];
    await Promise.all(nodes.map((node) => node.call('ACL', 'SETUSER', user, rule)));
  };
  const old = file.get(former);
  if (step === 'begin') {
    const present = file.get(variable);
    if (!present) throw new OperatorError(`There is no ${variable} in the file.`);
    if (old !== undefined) throw new OperatorError(`${former} is still there: finish first.`);
    const next = randomBytes(32).toString('hex');
    await change(`>${next}`);
    file.set(former, present);
    file.set(variable, next);
    return `Write the ACL file anew (scripts/redis-acl), restart ${user}; then: rotate-secret redis:${user} finish`;
  }
  if (old === undefined) throw new OperatorError(`There is no ${former} in the file: begin first.`);
  await change(`<${old}`).catch((error: unknown) => {
    // Taken away already where an earlier try came no further.
    if (!/password .* does not exist/.test(String(error))) throw error;
  });
  file.set(former, undefined);
  return 'Write the ACL file anew (scripts/redis-acl); the former password is worth nothing.';
};
