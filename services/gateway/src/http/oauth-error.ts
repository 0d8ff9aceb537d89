import type { Problem } from '@backend2/contracts';
import type { Response } from 'express';

/** What RFC 6749 section 5.2 calls the refusal; a limit and an outage have no name there and keep their status. */
const oauthErrorOf = ({ status, errors }: Problem): string => {
  if (status === 401 || status === 403) return 'invalid_grant';
  if (status === 429 || status >= 500) return 'temporarily_unavailable';
  return errors?.some(({ path }) => path === '/grant_type') ? 'unsupported_grant_type' : 'invalid_request';
};

/** The problem's fields, and beside them those that OAuth clients read. */
export const sendOauthError = (response: Response, problem: Problem): void => {
  const error = oauthErrorOf(problem);
  const status = error === 'temporarily_unavailable' ? problem.status : 400;
  response.removeHeader('www-authenticate');
  response.set('pragma', 'no-cache').status(status);
  response.json({ error, error_description: problem.detail, ...problem, status });
};
