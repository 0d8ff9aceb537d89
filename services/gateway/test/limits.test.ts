import { Redis } from 'ioredis';
import test from 'ava';
import { ada, bob, userOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const me = {
  'users.me': async ({ principal }: { principal: { userId: string } }) => userOf(principal.userId),
};
const ask = (gateway: TestGateway, userId: string): Promise<Response> =>
  fetch(`${gateway.url}/api/v1/users/me`, { headers: gateway.as(userId) });

test('a caller is limited across all gateways, others are not, and the answers say how it stands', async (t) => {
  const env = { RATE_LIMIT: '3' };
  const gateway = await startGateway(t, { auth: me, env });
  const beside = await startGateway(t, { beside: gateway, env });
  const first = await ask(gateway, ada);
  t.is(first.status, 200);
  t.regex(first.headers.get('ratelimit-policy') ?? '', /^"default"; ?q=3; ?w=60/);
  t.regex(first.headers.get('ratelimit') ?? '', /^"default"; ?r=2; ?t=\d+/);
  t.is((await ask(beside, ada)).status, 200);
  t.is((await ask(gateway, ada)).status, 200);
  const refused = await ask(beside, ada);
  t.is(refused.status, 429);
  t.is(((await refused.json()) as { code: string }).code, 'rate_limited');
  t.regex(refused.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
  t.is((await ask(gateway, bob)).status, 200);
});

test('requests pass while limits cannot be counted', async (t) => {
  const gateway = await startGateway(t, { auth: me, env: { RATE_LIMIT: '1' } });
  const redis = new Redis(gateway.redisUrl);
  t.teardown(() => redis.disconnect());
  // Another kind of key in the counter's place: counting fails, the rest of Redis works.
  await redis.rpush(`app:{rate:default}:user:${ada}`, 'not a counter');
  t.is((await ask(gateway, ada)).status, 200);
  t.is((await ask(gateway, ada)).status, 200);
});

test('sign-ins are counted by address, apart from the rest', async (t) => {
  const gateway = await startGateway(t, { auth: me, env: { RATE_LIMIT_SIGN_IN: '2' } });
  const signIn = () =>
    fetch(`${gateway.url}/api/v1/auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
    });
  const statuses = [(await signIn()).status, (await signIn()).status, (await signIn()).status];
  t.is(statuses[2], 429);
  t.not(statuses[1], 429);
  t.is((await ask(gateway, ada)).status, 200);
});
