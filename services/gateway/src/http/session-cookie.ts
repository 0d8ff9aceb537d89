import type { AccessClaims } from '@backend2/service-kit';
import type { Request, Response } from 'express';

/** Holds the access token for what a browser fetches without headers of ours: images and downloads. */
const sessionCookie = 'backend2_session';

const attributes = (request: Request, path: string) =>
  ({ path, httpOnly: true, sameSite: 'strict', secure: request.secure }) as const;

/** @param path the API prefix: the cookie goes nowhere else. */
export const setSessionCookie = (
  request: Request,
  response: Response,
  path: string,
  token: string,
  { expiresAt }: AccessClaims,
): void => {
  response.cookie(sessionCookie, token, {
    ...attributes(request, path),
    expires: new Date(expiresAt * 1000),
  });
};

export const clearSessionCookie = (request: Request, response: Response, path: string): void => {
  response.clearCookie(sessionCookie, attributes(request, path));
};

export const tokenInCookie = (request: Request): string | undefined =>
  request
    .get('cookie')
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${sessionCookie}=`))
    ?.slice(sessionCookie.length + 1);
