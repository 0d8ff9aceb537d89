import { tokenResponseSchema, type TokenResponse } from '@backend2/contracts';
import type { z } from 'zod';
import { ApiError, apiErrorOf } from './api-error.ts';
import { NetworkError } from './network-error.ts';
import { pause } from './pause.ts';
import type { Session } from './session.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** A list is sent as its parameter once for each item. */
type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly method: Method;
  /** Begins with a slash; below the API prefix unless `root`. */
  readonly path: string;
  /** The path is the server's own and not below the API prefix. */
  readonly root?: boolean;
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** May be sent again although an earlier copy may have been carried out. Default: GET, PUT and DELETE. */
  readonly repeatable?: boolean;
  /** Send no token and renew none. */
  readonly anonymous?: boolean;
  /** Statuses beside 2xx that are an answer and not an error. */
  readonly accept?: readonly number[];
  /** How long the answer may take to begin. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiPath: string;
  readonly fetch: typeof fetch;
  readonly session: Session;
  readonly maxRetries: number;
}

/** Longest a `Retry-After` is obeyed; a longer one is the caller's to know. */
const maxPauseMs = 60_000;
const lostOnTheWay = [502, 503, 504];

/** One request to the API: token, renewal, retries, problem bodies. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  url({ path, root, query = {} }: Pick<ApiRequest, 'path' | 'root' | 'query'>): string {
    const { baseUrl, apiPath } = this.#options;
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (Array.isArray(value)) for (const item of value as string[]) parameters.append(name, item);
      else if (value !== undefined) parameters.set(name, String(value));
    }
    const text = parameters.toString();
    return `${baseUrl}${root ? '' : apiPath}${path}${text === '' ? '' : `?${text}`}`;
  }

  async json<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<T> {
    const response = await this.send({
      ...request,
      headers: { accept: 'application/json', ...request.headers },
    });
    const body: unknown = await response.json().catch((error: unknown) => {
      request.signal?.throwIfAborted();
      throw new NetworkError(response.url, error);
    });
    return schema.parse(body);
  }

  /** For answers that carry nothing. */
  async empty(request: ApiRequest): Promise<void> {
    const response = await this.send(request);
    await response.body?.cancel();
  }

  /** @throws ApiError, NetworkError, or the signal's reason. */
  async send(request: ApiRequest): Promise<Response> {
    const { session, maxRetries } = this.#options;
    let renewed = request.anonymous === true;
    if (!renewed && session.stale) await session.renew((token) => this.refresh(token));
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(request);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401 && !renewed) {
          renewed = true;
          if (await session.renew((token) => this.refresh(token))) continue;
        }
        const waitMs = attempt < maxRetries ? pauseBefore(error, request, attempt) : undefined;
        if (waitMs === undefined) throw error;
        await pause(waitMs, request.signal);
      }
    }
  }

  /** Ends the session where the server no longer knows the refresh token. */
  async refresh(refreshToken: string): Promise<TokenResponse> {
    try {
      return await this.json(
        {
          method: 'POST',
          path: '/auth/token',
          body: { grant_type: 'refresh_token', refresh_token: refreshToken },
          anonymous: true,
        },
        tokenResponseSchema,
      );
    } catch (error) {
      if (error instanceof ApiError && (error.status === 400 || error.status === 401)) {
        this.#options.session.set(undefined);
      }
      throw error;
    }
  }

  async #once(request: ApiRequest): Promise<Response> {
    const url = this.url(request);
    const token = request.anonymous ? undefined : this.#options.session.tokens?.accessToken;
    const late = new AbortController();
    const { timeoutMs = 30_000 } = request;
    const timer = setTimeout(() => late.abort(new Error(`it took longer than ${timeoutMs} ms`)), timeoutMs);
    const response = await this.#options
      .fetch(url, {
        method: request.method,
        headers: {
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...request.headers,
        },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        signal: request.signal ? AbortSignal.any([request.signal, late.signal]) : late.signal,
      })
      .catch((error: unknown) => {
        request.signal?.throwIfAborted();
        throw new NetworkError(url, error);
      })
      .finally(() => clearTimeout(timer));
    if (response.ok || request.accept?.includes(response.status)) return response;
    throw await apiErrorOf(response);
  }
}

/** Whether asking again later may be answered: whoever waits for a long time lives through it. */
export const isPassing = (error: unknown): boolean =>
  error instanceof NetworkError ||
  (error instanceof ApiError && (error.status === 429 || lostOnTheWay.includes(error.status)));

/** How long to wait before sending again; undefined where it must not or need not be. */
const pauseBefore = (error: unknown, request: ApiRequest, attempt: number): number | undefined => {
  const repeatable = request.repeatable ?? ['GET', 'PUT', 'DELETE'].includes(request.method);
  const backoffMs = Math.random() * 250 * 2 ** (attempt + 1);
  if (error instanceof NetworkError) return repeatable ? backoffMs : undefined;
  if (!(error instanceof ApiError)) return undefined;
  // A limited request was refused before it did anything.
  if (error.status !== 429 && !(repeatable && lostOnTheWay.includes(error.status))) return undefined;
  const waitMs = error.retryAfterSeconds === undefined ? backoffMs : error.retryAfterSeconds * 1000;
  return waitMs > maxPauseMs ? undefined : waitMs;
};
