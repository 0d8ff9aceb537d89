import { DomainError, type VerifiedApiKey } from '@backend2/contracts';
import { apiKeyModel, userModel } from '@backend2/database';
import { apiKeyVerifier } from '@backend2/service-kit';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { sharedAuth } from './start-auth.ts';

const useAuth = sharedAuth(test);

const refused = async (t: ExecutionContext, work: Promise<unknown>, code: string) => {
  const error = await t.throwsAsync(work, { instanceOf: DomainError });
  t.is(error.code, code);
};

test.serial(
  'a key is shown once, speaks for its owner within its scopes, and ends when it is deleted',
  async (t) => {
    const { db, auth } = await useAuth(t);
    const principal = await db.addUser('ada@example.com');
    const stranger = await db.addUser('mallory@example.com');
    const { rpc } = auth;
    const { key, ...view } = await rpc.call('apiKeys.create', {
      principal,
      apiKey: { name: 'ci', scopes: ['read'] },
    });
    t.true(key.startsWith(view.prefix) && key.length > view.prefix.length + 30);
    t.deepEqual(await rpc.call('apiKeys.list', { principal }), { items: [view] });
    t.deepEqual(await rpc.call('apiKeys.list', { principal: stranger }), { items: [] });
    const stored = await apiKeyModel(db.database.primary).findByPk(view.id);
    t.false(JSON.stringify(stored).includes(key.slice(view.prefix.length)));

    const revocations = await auth.gateway();
    let asked = 0;
    const verify = apiKeyVerifier({
      auth: {
        call: (...call) => {
          asked += 1;
          return rpc.call(...call);
        },
      },
      revocations,
    });
    const expected: VerifiedApiKey = {
      apiKeyId: view.id,
      userId: principal.userId,
      role: 'user',
      scopes: ['read'],
      expiresAt: null,
    };
    for (const known of await Promise.all(Array.from({ length: 20 }, () => verify(key))))
      t.like(known, expected);
    t.is(asked, 1, 'twenty requests at once are one question');
    await refused(t, verify(`${key.slice(0, -1)}_`), 'api_key_invalid');

    await refused(t, rpc.call('apiKeys.delete', { principal: stranger, apiKeyId: view.id }), 'not_found');
    await rpc.call('apiKeys.delete', { principal, apiKeyId: view.id });
    await until(
      () =>
        verify(key).then(
          () => false,
          () => true,
        ),
      // Long before the verifier would ask again.
      { timeoutMs: 10_000, what: 'the deleted key refused' },
    );
    await refused(t, verify(key), 'api_key_invalid');
  },
);

test.serial('a key ends with its time and with its owner', async (t) => {
  const { db, auth } = await useAuth(t);
  const { rpc } = auth;
  const principal = await db.addUser('ada@example.com');
  const apiKey = { name: 'ci', scopes: ['read' as const, 'write' as const] };
  const { key, id } = await rpc.call('apiKeys.create', { principal, apiKey });
  t.like(await rpc.call('apiKeys.verify', { key }), { apiKeyId: id });
  const keys = apiKeyModel(db.database.primary);
  await keys.update({ expiresAt: new Date(Date.now() - 1000) }, { where: { id } });
  await refused(t, rpc.call('apiKeys.verify', { key }), 'api_key_invalid');
  await keys.update({ expiresAt: new Date(Date.now() + 60_000) }, { where: { id } });
  await t.notThrowsAsync(rpc.call('apiKeys.verify', { key }));
  await userModel(db.database.primary).update(
    { disabledAt: new Date() },
    { where: { id: principal.userId } },
  );
  await refused(t, rpc.call('apiKeys.verify', { key }), 'api_key_invalid');
});

test.serial('a key cannot be made for the past, nor for an admin by who is none', async (t) => {
  const { db, auth } = await useAuth(t);
  const { rpc } = auth;
  const principal = await db.addUser('ada@example.com');
  const past = { name: 'x', scopes: ['read' as const], expiresAt: '2020-01-01T00:00:00Z' };
  await refused(t, rpc.call('apiKeys.create', { principal, apiKey: past }), 'validation_failed');
  await refused(
    t,
    rpc.call('apiKeys.create', { principal, apiKey: { name: 'x', scopes: ['read', 'admin'] } }),
    'validation_failed',
  );
});

test.serial('the verifier of a gateway asks again once the owner was changed', async (t) => {
  const { db, auth } = await useAuth(t);
  const root = await db.addUser('root@example.com', 'admin');
  const ada = await db.addUser('ada@example.com', 'admin');
  const { key } = await auth.rpc.call('apiKeys.create', {
    principal: ada,
    apiKey: { name: 'x', scopes: ['read', 'admin'] },
  });
  const verify = apiKeyVerifier({ auth: auth.rpc, revocations: await auth.gateway() });
  t.is((await verify(key)).role, 'admin');
  await auth.rpc.call('users.update', { principal: root, userId: ada.userId, patch: { role: 'user' } });
  // Long before it would ask by itself.
  await until(async () => (await verify(key)).role === 'user', { timeoutMs: 10_000, what: 'the new role' });
});
