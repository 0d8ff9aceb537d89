import { apiKeyStart, DomainError } from '@backend2/contracts';
import type { Request } from 'express';
import { HttpError } from './http-error.ts';
import { tokenInCookie } from './session-cookie.ts';

/** What a request says it comes from; nothing of it is verified yet. */
export type Credential =
  | { readonly kind: 'access-token'; readonly text: string }
  | { readonly kind: 'api-key'; readonly text: string };

/** @throws DomainError `unauthenticated` where there is none, or HttpError 400 where there are two. */
export const credentialOf = (request: Request, cookieAllowed: boolean): Credential => {
  const key = request.get('x-api-key');
  const bearer = bearerText(request);
  if (key !== undefined && bearer !== undefined) {
    throw new HttpError(
      400,
      'credentials_ambiguous',
      'Send either an Authorization header or an X-API-Key header, not both.',
    );
  }
  if (key !== undefined) return { kind: 'api-key', text: key };
  const text = bearer ?? (cookieAllowed ? tokenInCookie(request) : undefined);
  if (text === undefined) {
    throw new DomainError(
      'unauthenticated',
      'token_missing',
      'Sign in first: send "Authorization: Bearer <access token or API key>".',
    );
  }
  return { kind: text.startsWith(apiKeyStart) ? 'api-key' : 'access-token', text };
};

const bearerText = (request: Request): string | undefined => {
  const header = request.get('authorization');
  if (header === undefined) return undefined;
  const [, text] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (text !== undefined) return text;
  throw new DomainError(
    'unauthenticated',
    'token_malformed',
    'The Authorization header is not of the form Bearer <access token or API key>.',
  );
};
