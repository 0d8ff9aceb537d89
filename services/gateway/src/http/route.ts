import type { ApiKeyScope, Json, Principal } from '@backend2/contracts';
import type { AccessClaims } from '@backend2/service-kit';
import type { Request, Response } from 'express';
import type { z } from 'zod';

type RouteMethod = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Who may call: anyone, anyone signed in, admins only. What a user may see of others' is the services' to say. */
type Access = 'public' | 'user' | 'admin';

export interface Call<P, Q, B> {
  readonly request: Request;
  readonly response: Response;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Not there on public routes. */
  readonly principal: Principal;
  readonly claims: AccessClaims;
  /** As it was sent: an access token or an API key. */
  readonly credential: string;
  /** Aborts when the caller is gone. Pass it on for reads; a change that was begun is not to be given up. */
  readonly signal: AbortSignal;
}

/** Nothing secret may be in either. */
interface RouteAudit<B, A> {
  readonly details?: (body: B) => Readonly<Record<string, Json | undefined>>;
  /** Who did it, where only the answer tells. */
  readonly userId?: (answer: A) => string | undefined;
}

export interface RouteSpec<P, Q, B, A> {
  readonly method: RouteMethod;
  /** Below the API prefix; parameters as `:name`. */
  readonly path: string;
  readonly access: Access;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** A path whose parameters do not parse is one that is not there. */
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  /** Query parameters beyond the schema's, whose names are data. */
  readonly openQuery?: boolean;
  readonly body?: z.ZodType<B>;
  /** Media types of the body. Default JSON only. */
  readonly bodyTypes?: readonly ('application/json' | 'application/x-www-form-urlencoded')[];
  /** `schema` absent: no body, or one the handler writes itself, of `types`. */
  readonly answer: {
    readonly status: number;
    readonly schema?: z.ZodType<A>;
    readonly types?: readonly string[];
  };
  /** Codes it may refuse with beside those every route may. */
  readonly refusals?: Readonly<Record<string, number>>;
  /** The browser's cookie counts as a sign-in: only for what `<img>` and download links fetch. */
  readonly cookie?: boolean;
  /** Refusals speak RFC 6749 section 5.2 beside the problem fields. */
  readonly oauthErrors?: boolean;
  /** Which rate limit applies. */
  readonly limit?: 'default' | 'artifacts' | 'sign-in';
  /** Whether it changes anything that is kept: an API key then needs the scope `write`. Default: unless it is a GET. */
  readonly changes?: boolean;
  /** What the audit log says of a change beside its parameters and the names of its fields. */
  readonly audit?: RouteAudit<B, A>;
  /** Only for who signed in with a password: an API key is refused. */
  readonly session?: boolean;
  /** Honours `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** What it resolves with is sent as JSON under `answer.status`; undefined means that the handler answered, or nothing is to be said. */
  readonly handle: (call: Call<P, Q, B>) => Promise<A | undefined | void>;
}

export type Route = RouteSpec<unknown, unknown, unknown, unknown>;

/** Types of params, query, body and answer follow the schemas. */
export const route = <P = Record<string, never>, Q = Record<string, never>, B = undefined, A = undefined>(
  spec: RouteSpec<P, Q, B, A>,
): Route => spec as unknown as Route;

export const changesSomething = ({ changes, method }: Route): boolean => changes ?? method !== 'get';

/** What an API key must be allowed for it. */
export const scopesOf = (asked: Route): readonly ApiKeyScope[] => [
  changesSomething(asked) ? 'write' : 'read',
  ...(asked.access === 'admin' ? (['admin'] as const) : []),
];
