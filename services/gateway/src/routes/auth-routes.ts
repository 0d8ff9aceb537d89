import { tokenRequestSchema, tokenResponseSchema } from '@backend2/contracts';
import { subjectOf } from '@backend2/service-kit';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';
import { clearSessionCookie, setSessionCookie } from '../http/session-cookie.ts';

export const authRoutes = ({ auth, config }: Dependencies): Route[] => [
  route({
    method: 'post',
    path: '/auth/token',
    access: 'public',
    operationId: 'issueToken',
    tag: 'auth',
    summary: 'Sign in, or renew a session',
    description:
      'RFC 6749 password or refresh grant. Refusals carry its `error` and `error_description` beside the problem fields.',
    body: tokenRequestSchema,
    bodyTypes: ['application/json', 'application/x-www-form-urlencoded'],
    answer: { status: 200, schema: tokenResponseSchema },
    audit: {
      details: ({ grant_type }) => ({ grant_type }),
      userId: ({ access_token }) => subjectOf(access_token),
    },
    refusals: { invalid_grant: 400, too_many_attempts: 429, revocation_late: 503 },
    limit: 'sign-in',
    oauthErrors: true,
    handle: async ({ body, request, response }) => {
      response.set({ 'cache-control': 'no-store', pragma: 'no-cache' });
      return auth.call('tokens.issue', { grant: body, address: request.ip ?? 'unknown' });
    },
  }),
  route({
    method: 'post',
    path: '/auth/logout',
    access: 'user',
    session: true,
    operationId: 'logout',
    tag: 'auth',
    summary: 'End the session: its tokens are refused everywhere within a second',
    answer: { status: 204 },
    refusals: { revocation_late: 503 },
    handle: async ({ principal, claims, request, response }) => {
      const { tokenId, sessionId } = claims;
      await auth.call('tokens.revoke', { principal, tokenId, sessionId });
      clearSessionCookie(request, response, config.apiPrefix);
    },
  }),
  route({
    method: 'put',
    path: '/auth/cookie',
    access: 'user',
    session: true,
    changes: false,
    operationId: 'setSessionCookie',
    tag: 'auth',
    summary: 'Let this browser fetch images and exports by plain links',
    description:
      'Sets an HttpOnly, SameSite=Strict cookie with the access token. It is accepted only for GET of artifacts and exports.',
    answer: { status: 204 },
    handle: async ({ claims, credential, request, response }) => {
      setSessionCookie(request, response, config.apiPrefix, credential, claims);
    },
  }),
  route({
    method: 'delete',
    path: '/auth/cookie',
    access: 'public',
    changes: false,
    operationId: 'clearSessionCookie',
    tag: 'auth',
    summary: 'Take the cookie back',
    answer: { status: 204 },
    handle: async ({ request, response }) => clearSessionCookie(request, response, config.apiPrefix),
  }),
];
