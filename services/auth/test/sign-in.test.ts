import { DomainError } from '@backend2/contracts';
import { userModel } from '@backend2/database';
import { soonest, until } from '@backend2/testkit';
import { QueryTypes } from 'sequelize';
import test, { type ExecutionContext } from 'ava';
import { password, sharedAuth } from './start-auth.ts';

const useAuth = sharedAuth(test);

const refusal = async (t: ExecutionContext, work: Promise<unknown>): Promise<DomainError> => {
  const error = await t.throwsAsync(work, { instanceOf: DomainError });
  return error;
};

test.serial('a user signs in with the password, and the token says who they are', async (t) => {
  const { db, auth } = await useAuth(t);
  const user = await db.addUser('ada@example.com', 'admin');
  const answer = await auth.signIn('Ada@Example.com');
  t.is(answer.expires_in, 10_080 * 60);
  const claims = auth.tokens.verify(answer.access_token);
  t.like(claims, { userId: user.userId, role: 'admin' });
  const me = await auth.rpc.call('users.me', { principal: { userId: claims.userId, role: claims.role } });
  t.like(me, { email: 'ada@example.com', role: 'admin', disabled: false });
});

test.serial(
  'a wrong password, an unknown account and a disabled one are told apart neither by answer nor by time',
  async (t) => {
    const { db, auth } = await useAuth(t);
    await db.addUser('there@example.com');
    const off = await db.addUser('off@example.com');
    await userModel(db.database.primary).update({ disabledAt: new Date() }, { where: { id: off.userId } });
    const took: Record<string, number[]> = { there: [], nobody: [] };
    const seen = new Set<string>();
    for (let round = 0; round < 4; round += 1) {
      for (const name of ['there', 'nobody'] as const) {
        const begun = performance.now();
        const attempt = auth.signIn(`${name}@example.com`, {
          password: 'wrong password',
          address: `192.0.2.${round}`,
        });
        const { kind, code, message } = await refusal(t, attempt);
        took[name]?.push(performance.now() - begun);
        seen.add(`${kind} ${code} ${message}`);
      }
    }
    const { kind, code, message } = await refusal(t, auth.signIn('off@example.com'));
    seen.add(`${kind} ${code} ${message}`);
    t.deepEqual([...seen], ['unauthenticated invalid_grant The email or the password is not right.']);
    // An answer without a hash computed takes a small part of one with.
    const fastest = (name: 'there' | 'nobody') => Math.min(...(took[name] ?? []));
    t.true(fastest('nobody') > fastest('there') / 3, JSON.stringify(took));
  },
);

test.serial('a refresh token is exchanged once, and its reuse ends the whole session', async (t) => {
  const { db, auth } = await useAuth(t);
  await db.addUser('ada@example.com');
  const gateway = await auth.gateway();
  const first = await auth.signIn('ada@example.com');
  const second = await auth.refresh(first.refresh_token);
  t.not(second.refresh_token, first.refresh_token);
  const claims = auth.tokens.verify(second.access_token);
  t.is(claims.sessionId, auth.tokens.verify(first.access_token).sessionId);
  t.false(gateway.isRevoked(claims));

  t.is((await refusal(t, auth.refresh(first.refresh_token))).code, 'invalid_grant');
  await until(() => gateway.isRevoked(claims), { what: 'the stolen session refused by the gateway' });
  t.is((await refusal(t, auth.refresh(second.refresh_token))).code, 'invalid_grant');
  t.is((await refusal(t, auth.refresh('b2r_made-up'))).code, 'invalid_grant');
});

test.serial('of many exchanges of one refresh token at once exactly one succeeds', async (t) => {
  const { db, auth } = await useAuth(t);
  await db.addUser('ada@example.com');
  const { refresh_token: token } = await auth.signIn('ada@example.com');
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => auth.refresh(token)));
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test.serial(
  'whoever ceases to be an admin while they sign in or refresh gets no token of an admin',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const ada = await db.addUser('ada@example.com', 'admin');
    const { primary } = db.database;
    const { refresh_token: token } = await auth.signIn('ada@example.com');
    const begin = { 'sign-in': () => auth.signIn('ada@example.com'), refresh: () => auth.refresh(token) };
    for (const [what, issue] of Object.entries(begin)) {
      await userModel(primary).update({ role: 'admin' }, { where: { id: ada.userId } });
      // The change is written and not yet committed: who does not wait for it sees an admin still.
      const demotion = await primary.transaction();
      await userModel(primary).update(
        { role: 'user', tokensValidFrom: new Date() },
        { where: { id: ada.userId }, transaction: demotion },
      );
      let answered = false;
      const issuing = issue().finally(() => (answered = true));
      const waits = async () => {
        const rows = await primary.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          { type: QueryTypes.SELECT },
        );
        return rows.length > 0;
      };
      await until(async () => answered || (await waits()), { what: `the ${what} at the change` });
      await demotion.commit();
      t.is(auth.tokens.verify((await issuing).access_token).role, 'user', what);
    }
  },
);

test.serial(
  'a logout is heard by a running gateway within a second and known to one that starts later',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const user = await db.addUser('ada@example.com');
    const gateway = await auth.gateway();
    const other = auth.tokens.verify((await auth.signIn('ada@example.com')).access_token);
    const heardAfterMs = await soonest(1000, async () => {
      const { access_token: token, refresh_token: refreshToken } = await auth.signIn('ada@example.com');
      const claims = auth.tokens.verify(token);
      const { tokenId, sessionId } = claims;
      await auth.rpc.call('tokens.revoke', { principal: user, tokenId, sessionId });
      const begun = performance.now();
      await until(() => gateway.isRevoked(claims), { what: 'the revocation at the gateway' });
      const tookMs = performance.now() - begun;
      t.true((await auth.gateway()).isRevoked(claims));
      t.is((await refusal(t, auth.refresh(refreshToken))).code, 'invalid_grant');
      return tookMs;
    });
    t.true(heardAfterMs < 1000, `${heardAfterMs} ms`);
    t.false(gateway.isRevoked(other));
  },
);

test.serial("nobody ends another user's session", async (t) => {
  const { db, auth } = await useAuth(t);
  await db.addUser('ada@example.com');
  const mallory = await db.addUser('mallory@example.com');
  const ada = await auth.signIn('ada@example.com');
  const { sessionId, tokenId } = auth.tokens.verify(ada.access_token);
  await auth.rpc.call('tokens.revoke', { principal: mallory, tokenId, sessionId });
  await t.notThrowsAsync(auth.refresh(ada.refresh_token));
});

test.serial('a stranger who guesses is made to wait, and the owner still signs in', async (t) => {
  const { db, auth } = await useAuth(t);
  await db.addUser('ada@example.com');
  await auth.signIn('ada@example.com', { address: '198.51.100.7' });

  const stranger = { password: 'a guess', address: '203.0.113.9' };
  const guesses = await Promise.allSettled(
    Array.from({ length: 20 }, () => auth.signIn('ada@example.com', stranger)),
  );
  const codes = guesses.map((guess) =>
    guess.status === 'rejected' ? (guess.reason as DomainError).code : 'signed in',
  );
  t.deepEqual(
    {
      looked: codes.filter((code) => code === 'invalid_grant').length,
      waited: codes.filter((code) => code === 'too_many_attempts').length,
    },
    { looked: 5, waited: 15 },
  );
  for (const guess of guesses) {
    const limited = guess.status === 'rejected' ? (guess.reason as DomainError) : undefined;
    if (limited?.code !== 'too_many_attempts') continue;
    t.is(limited.kind, 'limited');
    t.true((limited.details.retryAfterSeconds ?? 0) >= 1);
  }

  // From very many addresses: new ones are held, the owner's own is not.
  await Promise.allSettled(
    Array.from({ length: 60 }, (_, index) =>
      auth.signIn('ada@example.com', { password: 'a guess', address: `203.0.113.${index + 20}` }),
    ),
  );
  t.is(
    (await refusal(t, auth.signIn('ada@example.com', { address: '203.0.113.200' }))).code,
    'too_many_attempts',
  );
  await t.notThrowsAsync(auth.signIn('ada@example.com', { address: '198.51.100.7', password }));
});
