import type { ErrorKind } from '@backend2/contracts';

/** A body that cannot be read at all is 400 (`HttpError`); one that can, and breaks a rule, is 422. */
export const statusOfKind: Record<ErrorKind, number> = {
  invalid: 422,
  unauthenticated: 401,
  denied: 403,
  absent: 404,
  conflict: 409,
  limited: 429,
  unavailable: 503,
};

export const titleOfStatus: Readonly<Record<number, string>> = {
  400: 'Malformed request',
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  416: 'Range not satisfiable',
  422: 'Not valid',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available now',
};
