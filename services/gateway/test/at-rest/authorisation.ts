import { generateKeyPairSync } from 'node:crypto';
import { createClient } from '@backend2/client';
import { until } from '@backend2/testkit';
import test from 'ava';
import jwt from 'jsonwebtoken';
import { askRoute, servedRoutesOf, type Route } from '../every-route.ts';
import { ownedThings, type OwnedThings } from '../owned-things.ts';
import type { Session } from '../shared-system.ts';
import { shared, signingKey } from './system.ts';

const servedRoutes = () => servedRoutesOf(shared().system.url);
const ask = (route: Route, things: OwnedThings, headers: Record<string, string>) =>
  askRoute(shared().system.url, route, things, headers);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const anyone: OwnedThings = Object.fromEntries(
  ['taskId', 'artifactId', 'webhookId', 'deliveryId', 'scheduleId', 'apiKeyId', 'userId'].map((name) => [
    name,
    '0198b7a4-6f7e-7c3a-9a45-00000000abcd',
  ]),
);

/** Tokens of a user that must not count, and what each is refused with. */
const worthless = async (
  ada: Session,
): Promise<Record<string, readonly [Record<string, string>, string]>> => {
  const { system, signIn, beside } = shared();
  const { header, payload } = jwt.decode(ada.token, { complete: true }) as jwt.Jwt;
  const claims = payload as jwt.JwtPayload;
  const keyid = header.kid as string;
  const unsigned = jwt.sign(claims, '', { algorithm: 'none', keyid });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const revoked = await signIn('refused');
  const client = createClient({ baseUrl: system.url, token: ada.token });
  const { key, id } = await client.apiKeys.create({ name: 'ended', scopes: ['read', 'write'] });
  await client.apiKeys.delete(id);
  await createClient({ baseUrl: beside, token: revoked.token }).auth.signOut();
  const gone = async () =>
    (await fetch(`${system.url}/api/v1/users/me`, { headers: bearer(revoked.token) })).status === 401;
  await until(gone, { what: 'the revocation at the other gateway' });
  const invalid = 'token_invalid';
  return {
    'no token': [{}, 'token_missing'],
    'another scheme': [{ authorization: 'Basic cm9vdDpyb290' }, 'token_malformed'],
    'a revoked token': [bearer(revoked.token), 'token_revoked'],
    'an expired token': [bearer(jwt.sign({ ...claims, exp: 1 }, signingKey, { keyid })), 'token_expired'],
    'an unsigned token': [bearer(unsigned), invalid],
    'an unsigned token with the old signature': [
      bearer(`${unsigned}${ada.token.split('.')[2] ?? ''}`),
      invalid,
    ],
    'HS512 with the right secret': [
      bearer(jwt.sign(claims, signingKey, { algorithm: 'HS512', keyid })),
      invalid,
    ],
    'RS256 with a key of its own': [
      bearer(jwt.sign(claims, privateKey, { algorithm: 'RS256', keyid })),
      invalid,
    ],
    'HS256 with a public key for a secret': [bearer(jwt.sign(claims, pem.toString(), { keyid })), invalid],
    'another secret': [bearer(jwt.sign(claims, 'another secret altogether', { keyid })), invalid],
    'a key nobody knows': [bearer(jwt.sign(claims, signingKey, { keyid: 'unknown' })), invalid],
    'another audience': [bearer(jwt.sign({ ...claims, aud: 'elsewhere' }, signingKey, { keyid })), invalid],
    'a role that was put up': [bearer(promoted(ada.token)), invalid],
    'a deleted API key': [{ 'x-api-key': key }, 'api_key_invalid'],
    'a made-up API key': [bearer(`b2k_${'A'.repeat(43)}`), 'api_key_invalid'],
  };
};

/** The same token with an admin's role in its payload and its old signature. */
const promoted = (token: string): string => {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url');
  return [header, forged, signature].join('.');
};

/** The guards as they are meant to be: where a route lost its own, the document alone would say so too. */
const guards = {
  open: ['clearSessionCookie', 'getHealth', 'issueToken'],
  admin: [
    'createUser',
    'deleteUser',
    'discardDeadLetters',
    'getQuota',
    'getSystemHealth',
    'getUser',
    'listAudit',
    'listConsumers',
    'listDeadLetters',
    'listLanes',
    'listUsers',
    'pauseLane',
    'redriveDeadLetters',
    'resumeLane',
    'updateQuota',
    'updateUser',
  ],
  session: ['createApiKey', 'deleteApiKey', 'listApiKeys', 'logout', 'setSessionCookie'],
  cookie: ['exportTask', 'getArtifact'],
  readsByPost: ['estimateTask'],
};

export const authorisationTests = (): void => {
  test.serial('every route has the guard it is meant to have', async (t) => {
    const routes = await servedRoutes();
    const those = (which: (route: Route) => boolean): string[] =>
      routes
        .filter(which)
        .map(({ operationId }) => operationId)
        .toSorted();
    const open = (route: Route): boolean => route.security.length === 0;
    t.deepEqual(
      {
        open: those(open),
        admin: those((route) => route['x-role'] === 'admin'),
        session: those((route) => !open(route) && route['x-scopes'] === undefined),
        cookie: those(({ security }) => security.some((way) => 'cookie' in way)),
        readsByPost: those((route) => route.method !== 'GET' && route['x-scopes']?.includes('read') === true),
      },
      guards,
    );
  });

  test.serial('every route refuses every credential that is worth nothing, and says why', async (t) => {
    const { user } = shared();
    const ada = await user('refused');
    const routes = (await servedRoutes()).filter(({ security }) => security.length > 0);
    t.true(routes.length > 50);
    for (const [what, [headers, code]] of Object.entries(await worthless(ada))) {
      for (const route of routes)
        t.deepEqual(
          await ask(route, anyone, headers),
          { status: 401, code },
          `${what}: ${route.operationId}`,
        );
    }
  });

  test.serial('an admin’s routes are shut to users, and to admins’ keys that lack the scope', async (t) => {
    const { system, root, user } = shared();
    const eve = await user('eve');
    const routes = (await servedRoutes()).filter((route) => route['x-role'] === 'admin');
    t.true(routes.length > 12);
    const eveKey = await createClient({ baseUrl: system.url, token: eve.token }).apiKeys.create({
      name: 'all she may',
      scopes: ['read', 'write'],
    });
    const rootKey = await root.apiKeys.create({ name: 'no admin', scopes: ['read', 'write'] });
    const looker = await root.apiKeys.create({ name: 'looks', scopes: ['read', 'admin'] });
    for (const route of routes) {
      const which = route.operationId;
      t.deepEqual(await ask(route, anyone, bearer(eve.token)), { status: 403, code: 'admin_only' }, which);
      for (const { key } of [eveKey, rootKey])
        t.deepEqual(
          await ask(route, anyone, bearer(key)),
          { status: 403, code: 'insufficient_scope' },
          which,
        );
      const looking = await ask(route, anyone, { 'x-api-key': looker.key });
      if (route.method === 'GET') t.true(![401, 403].includes(looking.status), which);
      else t.is(looking.code, 'insufficient_scope', which);
    }
  });

  test.serial('a key reads, or writes, or is turned away, as each route says', async (t) => {
    const { system, user } = shared();
    const mia = await user('mia');
    const { apiKeys } = createClient({ baseUrl: system.url, token: mia.token });
    const reads = await apiKeys.create({ name: 'reads', scopes: ['read'] });
    const writes = await apiKeys.create({ name: 'writes', scopes: ['write'] });
    const routes = (await servedRoutes()).filter(({ security }) => security.length > 0);
    for (const route of routes) {
      const scopes = route['x-scopes'];
      for (const [scope, { key }] of [
        ['read', reads],
        ['write', writes],
      ] as const) {
        const which = `${scope}: ${route.operationId}`;
        const { status, code } = await ask(route, anyone, bearer(key));
        if (scopes === undefined) t.is(code, 'session_required', which);
        else if (scopes.includes('admin') || !scopes.includes(scope)) t.is(code, 'insufficient_scope', which);
        else t.true(![401, 403].includes(status), `${which} ${status} ${code}`);
      }
      if (route.method !== 'GET' && scopes !== undefined && !scopes.includes('read'))
        t.true(scopes.includes('write'), route.operationId);
    }
  });

  test.serial(
    'what is another’s is not there, by any route, token or key, and stays as it was',
    async (t) => {
      const { system, user } = shared();
      const [owner, bob] = [await user('owner'), await user('bob')];
      const things = await ownedThings(system, owner);
      const bobKey = await createClient({ baseUrl: system.url, token: bob.token }).apiKeys.create({
        name: 'all he may',
        scopes: ['read', 'write'],
      });
      const routes = (await servedRoutes()).filter(
        (route) => route.owned.length > 0 && route['x-role'] !== 'admin',
      );
      t.true(routes.length > 25);
      const snapshot = async (): Promise<unknown> => {
        const client = createClient({ baseUrl: system.url, token: owner.token });
        const { taskId = '', webhookId = '', scheduleId = '' } = things;
        const keys = (await client.apiKeys.list()).items.map(({ id }) => id);
        return [
          await client.tasks.get(taskId),
          await client.tasks.subtask(taskId, 0),
          (await client.webhooks.get(webhookId)).enabled,
          await client.schedules.get(scheduleId),
          keys,
        ];
      };
      const before = await snapshot();
      for (const route of routes) {
        const missing = { status: 404, code: 'not_found' };
        t.deepEqual(await ask(route, things, bearer(bob.token)), missing, route.operationId);
        if (route['x-scopes'])
          t.deepEqual(await ask(route, things, bearer(bobKey.key)), missing, `key: ${route.operationId}`);
      }
      t.deepEqual(await snapshot(), before);
      for (const route of routes.filter(({ method }) => method === 'GET'))
        t.not(
          (await ask(route, things, bearer(owner.token))).status,
          404,
          `the owner’s own: ${route.operationId}`,
        );
    },
  );
};
