import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestScope } from '@backend2/testkit';
import { aclFile, redisUsers, type RedisUser } from '../src/redis/redis-users.ts';

type Settings = Readonly<Record<string, string>>;

const folder = new URL('../../../infra/redis/', import.meta.url);

/** Where each machine has them, which one machine for all of a test is not. */
const ofTheMachine = new Set(['port', 'aclfile', 'replicaof', 'sentinel monitor']);

/** The lines of a file of infra/redis and of those it includes. */
const linesOf = (file: string): (readonly [name: string, value: string])[] =>
  readFileSync(new URL(file, folder), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [, name = '', value = ''] = /^(sentinel \S+|\S+) (.*)$/.exec(line) ?? [];
      const included = /^include \/etc\/redis\/(\S+)$/.exec(line)?.[1];
      return included === undefined ? [[name, value] as const] : linesOf(included);
    });

const settingsOf = (file: string): Settings =>
  Object.fromEntries(linesOf(file).filter(([name]) => !ofTheMachine.has(name)));

export interface ShippedRedis {
  readonly user: 'operator';
  readonly password: string;
  passwordOf(user: RedisUser): string;
  /** Of a file of infra/redis, with the users that scripts/redis-acl makes. */
  dataSettings(file: 'redis.conf' | 'replica.conf' | 'cluster.conf'): Settings;
  sentinelSettings(): Settings;
}

/** What infra/redis ships, as an operator completes it: passwords, and where the users stand. */
export const shippedRedis = (t: TestScope): ShippedRedis => {
  const home = mkdtempSync(join(tmpdir(), 'backend2-redis-users-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const passwordOf = (user: RedisUser) => `password-of-${user}`;
  const passwords = Object.fromEntries(redisUsers.map((user) => [user, [passwordOf(user)]]));
  const users = join(home, 'users.acl');
  writeFileSync(users, aclFile({ prefix: 'app:', passwords }));
  return {
    user: 'operator',
    password: passwordOf('operator'),
    passwordOf,
    dataSettings: (file) => ({
      ...settingsOf(file),
      aclfile: users,
      masterauth: passwordOf('replica'),
    }),
    sentinelSettings: () => ({
      ...settingsOf('sentinel.conf'),
      'sentinel auth-pass': `backend2 ${passwordOf('sentinel')}`,
    }),
  };
};
