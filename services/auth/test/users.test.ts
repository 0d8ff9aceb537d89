import { DomainError, type Principal } from '@backend2/contracts';
import { sessionModel, userModel } from '@backend2/database';
import { useRedis, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { password, sharedAuth, startAuth, useAuthDatabase } from './start-auth.ts';

const useAuth = sharedAuth(test);

const refused = async (t: ExecutionContext, work: Promise<unknown>, code: string) => {
  const error = await t.throwsAsync(work, { instanceOf: DomainError });
  t.is(error.code, code);
  return error;
};

test.serial('an admin creates, finds, changes and deletes users', async (t) => {
  const { db, auth } = await useAuth(t);
  const principal = await db.addUser('root@example.com', 'admin');
  const { rpc } = auth;
  const user = { email: 'Ada@example.com', name: 'Ada', password, role: 'user' as const };
  const made = await rpc.call('users.create', { principal, user });
  t.like(made, { email: 'ada@example.com', name: 'Ada', role: 'user', disabled: false });
  await refused(t, rpc.call('users.create', { principal, user }), 'email_taken');
  await auth.signIn('ada@example.com');

  const patched = await rpc.call('users.update', {
    principal,
    userId: made.id,
    patch: { name: 'Ada L.', role: 'admin' },
  });
  t.like(patched, { name: 'Ada L.', role: 'admin' });
  t.deepEqual(await rpc.call('users.get', { principal, userId: made.id }), patched);
  await rpc.call('users.delete', { principal, userId: made.id });
  await refused(t, rpc.call('users.get', { principal, userId: made.id }), 'not_found');
  await refused(t, auth.signIn('ada@example.com'), 'invalid_grant');
  await t.notThrowsAsync(rpc.call('users.create', { principal, user }), 'the address is free again');
});

test.serial('a password is kept as an argon2id hash alone, of memory and passes as OWASP asks', async (t) => {
  const { db, auth } = await useAuth(t);
  const { rpc } = auth;
  const principal = await db.addUser('root@example.com', 'admin');
  const user = { email: 'ada@example.com', name: 'Ada', password, role: 'user' as const };
  const { id } = await rpc.call('users.create', { principal, user });
  const [rows] = await db.database.primary.query('select * from users where id = $1', { bind: [id] });
  const [row] = rows as [Record<string, unknown>];
  t.regex(String(row['password_hash']), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.false(JSON.stringify(row).includes(password));
});

test.serial(
  'the list pages through all users once, with the newest there at once although standbys answer it',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const { rpc } = auth;
    const principal = await db.addUser('root@example.com', 'admin');
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const user = { email: `u${index}@example.com`, name: 'U', password, role: 'user' as const };
      made.unshift((await rpc.call('users.create', { principal, user })).email);
    }
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await rpc.call('users.list', {
        principal,
        query: { limit: 3, ...(cursor && { cursor }) },
      });
      listed.push(...page.items.map(({ email }) => email));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    t.deepEqual(listed, [...made, 'root@example.com']);
    await refused(
      t,
      rpc.call('users.list', { principal, query: { limit: 3, cursor: 'bm9uc2Vuc2U' } }),
      'validation_failed',
    );
  },
);

test.serial('who is no admin, or no longer one, is denied the administration of users', async (t) => {
  const { db, auth } = await useAuth(t);
  const { rpc } = auth;
  const user = await db.addUser('ada@example.com');
  const stale: Principal = { userId: user.userId, role: 'admin' };
  for (const principal of [user, stale]) {
    await refused(t, rpc.call('users.list', { principal, query: { limit: 10 } }), 'admin_only');
    await refused(t, rpc.call('users.get', { principal, userId: user.userId }), 'admin_only');
    await refused(t, rpc.call('users.delete', { principal, userId: user.userId }), 'admin_only');
    await refused(
      t,
      rpc.call('users.update', { principal, userId: user.userId, patch: { role: 'admin' } }),
      'admin_only',
    );
  }
});

test.serial(
  'the last admin cannot be deleted, disabled or demoted, not even by two admins at once',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const { rpc } = auth;
    const one = await db.addUser('one@example.com', 'admin');
    const two = await db.addUser('two@example.com', 'admin');
    const both = await Promise.allSettled([
      rpc.call('users.update', { principal: one, userId: two.userId, patch: { disabled: true } }),
      rpc.call('users.update', { principal: two, userId: one.userId, patch: { role: 'user' } }),
    ]);
    t.is(both.filter(({ status }) => status === 'fulfilled').length, 1);
    const admins = await userModel(db.database.primary).findAll({
      where: { role: 'admin', disabledAt: null },
    });
    t.is(admins.length, 1);
    const principal: Principal = { userId: admins[0]?.id ?? '', role: 'admin' };
    await refused(t, rpc.call('users.delete', { principal, userId: principal.userId }), 'last_admin');
  },
);

test.serial('a new password needs the old one and ends every session of the user', async (t) => {
  const { db, auth } = await useAuth(t);
  const principal = await db.addUser('ada@example.com');
  const gateway = await auth.gateway();
  const before = await auth.signIn('ada@example.com');
  const next = 'an entirely new password';
  const address = '192.0.2.77';
  const wrong = { password: next, currentPassword: 'not the old one' };
  const error = await refused(
    t,
    auth.rpc.call('users.updateMe', { principal, patch: wrong, address }),
    'validation_failed',
  );
  t.is(error.details.issues?.[0]?.path, '/currentPassword');

  await auth.rpc.call('users.updateMe', {
    principal,
    patch: { password: next, currentPassword: password },
    address,
  });
  await until(() => gateway.isRevoked(auth.tokens.verify(before.access_token)), {
    what: 'old tokens refused',
  });
  await refused(t, auth.refresh(before.refresh_token), 'invalid_grant');
  await refused(t, auth.signIn('ada@example.com'), 'invalid_grant');
  const after = await auth.signIn('ada@example.com', { password: next });
  t.false(gateway.isRevoked(auth.tokens.verify(after.access_token)));
});

test.serial('whoever found a token cannot guess the password with it', async (t) => {
  const { db, auth } = await useAuth(t);
  const principal = await db.addUser('ada@example.com');
  const patch = { password: 'an entirely new password', currentPassword: 'a guess' };
  const codes: string[] = [];
  for (let guess = 0; guess < 7; guess += 1) {
    const attempt = auth.rpc.call('users.updateMe', { principal, patch, address: '203.0.113.9' });
    const error = await t.throwsAsync(attempt, { instanceOf: DomainError });
    codes.push(error.code);
  }
  t.deepEqual(codes.slice(4), ['validation_failed', 'too_many_attempts', 'too_many_attempts']);
});

test.serial(
  'a change of role refuses the old tokens, and the session gets a new role by its refresh token',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const principal = await db.addUser('root@example.com', 'admin');
    const ada = await db.addUser('ada@example.com', 'admin');
    const gateway = await auth.gateway();
    const before = await auth.signIn('ada@example.com');
    await auth.rpc.call('users.update', { principal, userId: ada.userId, patch: { role: 'user' } });
    await until(() => gateway.isRevoked(auth.tokens.verify(before.access_token)), {
      what: 'the old role refused',
    });
    const after = auth.tokens.verify((await auth.refresh(before.refresh_token)).access_token);
    t.is(after.role, 'user');
    t.false(gateway.isRevoked(after));
  },
);

test.serial('revocations survive the service being killed and Redis losing its data', async (t) => {
  const db = await useAuthDatabase(t);
  const redis = await useRedis(t);
  const user = await db.addUser('ada@example.com');
  const auth = await startAuth(t, { ...db, redisUrl: redis.url });
  const claims = auth.tokens.verify((await auth.signIn('ada@example.com')).access_token);
  await auth.rpc.call('tokens.revoke', {
    principal: user,
    tokenId: claims.tokenId,
    sessionId: claims.sessionId,
  });
  auth.process.kill('SIGKILL');
  await auth.process.exited;
  await redis.client.flushdb();
  await auth.again();
  t.true((await auth.gateway()).isRevoked(claims));
  const kept = await sessionModel(db.database.primary).findByPk(claims.sessionId);
  t.is(kept?.revokedWhy, 'logout');
});
