import { createClient, type Tokens } from '@backend2/client';
import { soonest, until } from '@backend2/testkit';
import test from 'ava';
import { codeOf, password } from '../shared-system.ts';
import { shared, signingKey } from './system.ts';

const statusAt = async (url: string, token: string, path = '/users/me'): Promise<number> => {
  const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
};

/** Both gateways, which have seen the credential work, hear that they must refuse it. Answers after how many milliseconds. */
const refusedEverywhere = async (token: string): Promise<number> => {
  const { system, beside } = shared();
  const begun = performance.now();
  await Promise.all(
    [system.url, beside].map((url) =>
      until(async () => (await statusAt(url, token)) === 401, {
        timeoutMs: 10_000,
        what: `the refusal at ${url}`,
      }),
    ),
  );
  return performance.now() - begun;
};

const signIn = (url: string, email: string, secret: string, address: string) =>
  fetch(`${url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'x-forwarded-for': address },
    body: new URLSearchParams({ grant_type: 'password', username: email, password: secret }),
  });

export const sessionTests = (): void => {
  test.serial(
    'a logout at one gateway is a refusal at each within a second, of that session alone',
    async (t) => {
      const { system, beside, user, signIn: again } = shared();
      const other = await user('logout');
      const refusedAfterMs = await soonest(1000, async () => {
        const { token } = await again('logout');
        for (const url of [system.url, beside]) t.is(await statusAt(url, token), 200);
        await createClient({ baseUrl: system.url, token }).auth.signOut();
        return refusedEverywhere(token);
      });
      t.true(refusedAfterMs < 1000);
      t.is(await statusAt(beside, other.token), 200);
    },
  );

  test.serial('a deleted API key is refused by each gateway within a second', async (t) => {
    const { system, beside, user } = shared();
    const ada = createClient({ baseUrl: system.url, token: (await user('keys')).token });
    const refusedAfterMs = await soonest(1000, async () => {
      const { key, id } = await ada.apiKeys.create({ name: 'nightly', scopes: ['read'] });
      for (const url of [system.url, beside]) t.is(await statusAt(url, key), 200);
      t.is((await ada.apiKeys.list()).items[0]?.prefix, key.slice(0, 10));
      await ada.apiKeys.delete(id);
      return refusedEverywhere(key);
    });
    t.true(refusedAfterMs < 1000);
  });

  test.serial('a new password ends every session of its user, everywhere', async (t) => {
    const { system, user, signIn: again } = shared();
    const first = await user('changed');
    const second = await again('changed');
    const next = 'an entirely new password';
    const client = createClient({ baseUrl: system.url, token: first.token });
    t.is(
      await codeOf(client.auth.updateMe({ password: next, currentPassword: 'not it at all' })),
      'validation_failed',
    );
    await client.auth.updateMe({ password: next, currentPassword: password });
    await Promise.all([refusedEverywhere(first.token), refusedEverywhere(second.token)]);
    t.is((await signIn(system.url, first.email, password, '192.0.2.1')).status, 400);
    t.is((await signIn(system.url, first.email, next, '192.0.2.1')).status, 200);
  });

  test.serial('a disabled user is out everywhere, keys included, and cannot come back', async (t) => {
    const { system, root, user } = shared();
    const ada = await user('disabled');
    const client = createClient({ baseUrl: system.url, token: ada.token });
    const { key } = await client.apiKeys.create({ name: 'x', scopes: ['read'] });
    t.is(await statusAt(system.url, key), 200);
    await root.users.update(ada.id, { disabled: true });
    await Promise.all([refusedEverywhere(ada.token), refusedEverywhere(key)]);
    t.is((await signIn(system.url, ada.email, password, '192.0.2.2')).status, 400);
  });

  test.serial('a refresh token works once; its reuse ends the family at every gateway', async (t) => {
    const { system, beside, user } = shared();
    const ada = await user('family');
    const refresh = (url: string, refreshToken: string) =>
      fetch(`${url}/api/v1/auth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
      });
    const renewed = (await (await refresh(system.url, ada.refreshToken)).json()) as {
      access_token: string;
      refresh_token: string;
    };
    t.is(await statusAt(beside, renewed.access_token), 200);
    const reused = await refresh(beside, ada.refreshToken);
    t.is(reused.status, 400);
    t.is(((await reused.json()) as { error: string }).error, 'invalid_grant');
    await Promise.all([refusedEverywhere(renewed.access_token), refusedEverywhere(ada.token)]);
    t.is((await refresh(system.url, renewed.refresh_token)).status, 400);
  });

  test.serial(
    'a stranger who guesses is made to wait by both gateways together, and the owner still signs in',
    async (t) => {
      const { system, beside, user } = shared();
      const ada = await user('guessed');
      t.is((await signIn(system.url, ada.email, password, '198.51.100.7')).status, 200);
      const begun = performance.now();
      const guesses = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          signIn(n % 2 ? beside : system.url, ada.email, `guess number ${n}`, '203.0.113.9'),
        ),
      );
      const right = await signIn(system.url, ada.email, password, '203.0.113.9');
      // The first wait is a second: where all of this takes longer, it may be over.
      const inTime = performance.now() - begun < 1000;
      const waiting = guesses.filter(({ status }) => status === 429);
      const heard = guesses.filter(({ status }) => status === 400);
      t.is(waiting.length + heard.length, 12);
      t.true(waiting.length > 0);
      if (inTime) t.deepEqual([heard.length, right.status], [5, 429]);
      for (const { headers } of waiting) t.regex(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      t.is((await signIn(beside, ada.email, password, '198.51.100.7')).status, 200);
    },
  );

  test.serial(
    'an unknown account, a wrong password and a disabled user cost the same work and get the same answer',
    async (t) => {
      const { system, root, user } = shared();
      const there = await user('there');
      const off = await user('off');
      await root.users.update(off.id, { disabled: true });
      const ops = system.services.get('auth')?.ports['ops'];
      const hashes = async (): Promise<number> => {
        const text = await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();
        return Number(/^backend2_auth_password_hash_seconds_count\S* (\d+)/m.exec(text)?.[1]);
      };
      const seen = new Set<string>();
      for (const [email, secret] of [
        ['nobody@example.org', 'a guess of somebody'],
        [there.email, 'a guess of somebody'],
        [off.email, password],
      ] as const) {
        const before = await hashes();
        const response = await signIn(system.url, email, secret, '192.0.2.44');
        const { requestId: _id, ...body } = (await response.json()) as Record<string, unknown>;
        const names = [...response.headers.keys()].filter((name) => name !== 'date');
        seen.add(JSON.stringify([response.status, names, body]));
        t.is((await hashes()) - before, 1, `one password hash is computed for ${email}`);
      }
      t.is(seen.size, 1);
    },
  );

  test.serial('fifty copies of one request at two gateways make one task', async (t) => {
    const { system, beside, user } = shared();
    const [ada, bob] = [await user('copies'), await user('stranger')];
    const submit = (url: string, token: string, name: string) =>
      fetch(`${url}/api/v1/tasks`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': 'fifty',
        },
        body: JSON.stringify({ name, kind: 'image.generate', input: { prompts: [{ value: 'a lake' }] } }),
      });
    const empty = await submit(system.url, ada.token, '');
    t.is(empty.status, 422, 'a refusal does not use the key up');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => submit(n % 2 ? beside : system.url, ada.token, 'Lake')),
    );
    const statuses = answers.map(({ status }) => status);
    t.true(statuses.every((status) => status === 202 || status === 409));
    const bodies = await Promise.all(answers.filter(({ status }) => status === 202).map((one) => one.text()));
    t.is(new Set(bodies).size, 1);
    const client = createClient({ baseUrl: beside, token: ada.token });
    t.is((await client.tasks.list()).items.length, 1);
    t.is((await submit(beside, ada.token, 'Lake')).headers.get('idempotent-replayed'), 'true');
    t.is((await submit(beside, ada.token, 'Another')).status, 422);
    t.is((await submit(beside, bob.token, 'Lake')).headers.get('idempotent-replayed'), null);
  });

  test.serial('the signing key is changed and nobody is signed out', async (t) => {
    const { system, user } = shared();
    const ada = await user('rotated');
    const next = {
      SECRET_KEY: 'the second secret of this test that is long enough',
      PREVIOUS_SECRET_KEYS: signingKey,
    };
    const [gateway] = await Promise.all([system.startGateway(next), system.startService('auth', next)]);
    const first = system.services.get('auth')?.process;
    first?.kill();
    await first?.exited;
    t.is(await statusAt(gateway.url, ada.token), 200);
    let tokens: Tokens | undefined;
    const client = createClient({
      baseUrl: gateway.url,
      tokens: { accessToken: 'not a token any more', refreshToken: ada.refreshToken },
      onTokens: (now) => (tokens = now),
    });
    t.is((await client.auth.me()).id, ada.id);
    t.is(await statusAt(gateway.url, tokens?.accessToken ?? ''), 200);
    t.is(await statusAt(system.url, tokens?.accessToken ?? ''), 401, 'the new key signed it');
  });
};
