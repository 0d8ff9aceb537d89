import { changesSomething, type Route } from '../http/route.ts';

export type Refusals = Readonly<Record<string, number>>;

const signedInRefusals: Refusals = {
  token_missing: 401,
  token_malformed: 401,
  token_expired: 401,
  token_invalid: 401,
  token_revoked: 401,
  api_key_invalid: 401,
  credentials_ambiguous: 400,
};
const everyRouteRefusals: Refusals = {
  malformed_request: 400,
  rate_limited: 429,
  internal: 500,
  no_answer: 503,
  breaker_open: 503,
  unreachable: 503,
  database_unavailable: 503,
  database_busy: 503,
};
const bodyRefusals: Refusals = {
  malformed_json: 400,
  incomplete_body: 400,
  body_missing: 400,
  body_too_deep: 400,
  body_too_long: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  validation_failed: 422,
};
const idempotencyRefusals: Refusals = {
  idempotency_key_malformed: 400,
  idempotency_key_in_use: 409,
  idempotency_key_reused: 422,
  idempotency_unavailable: 503,
};

/** Every code a route may refuse with, and its status. */
export const refusalsOf = (route: Route): Refusals => {
  const all = {
    ...everyRouteRefusals,
    ...(route.access === 'public' ? {} : signedInRefusals),
    ...(route.access === 'public'
      ? {}
      : route.session
        ? { session_required: 403 }
        : { insufficient_scope: 403 }),
    ...(route.access === 'admin' ? { admin_only: 403 } : {}),
    ...(route.params ? { not_found: 404, malformed_path: 400 } : {}),
    ...(route.query ? { validation_failed: 422 } : {}),
    ...(route.body ? bodyRefusals : {}),
    ...(changesSomething(route) ? { audit_unavailable: 503 } : {}),
    ...(route.idempotent ? idempotencyRefusals : {}),
    ...route.refusals,
  };
  if (!route.oauthErrors) return all;
  // RFC 6749 knows 400 for whatever is the client's fault.
  return Object.fromEntries(
    Object.entries(all).map(([code, status]) => [code, status === 429 || status >= 500 ? status : 400]),
  );
};
