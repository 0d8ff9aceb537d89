import { DomainError } from '@backend2/contracts';
import type { Caller } from './authenticate.ts';
import { scopesOf, type Route } from './route.ts';

/** @throws DomainError `denied`: `admin_only`, `session_required` or `insufficient_scope`. */
export const authorize = (route: Route, { principal, apiKey }: Caller): void => {
  if (apiKey && route.session) {
    throw new DomainError(
      'denied',
      'session_required',
      'An API key cannot do this. Sign in with email and password instead.',
    );
  }
  const missing = apiKey && scopesOf(route).filter((scope) => !apiKey.scopes.includes(scope));
  if (missing && missing.length > 0) {
    throw new DomainError(
      'denied',
      'insufficient_scope',
      `The API key lacks the scope ${missing.join(' and ')}.`,
    );
  }
  if (route.access === 'admin' && principal.role !== 'admin') {
    throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
  }
};
