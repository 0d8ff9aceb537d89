import {
  DomainError,
  errorDetailsSchema,
  errorKinds,
  type ErrorKind,
  type RequestOf,
  type ResponseOf,
  type RpcContract,
  type RpcMethod,
} from '@backend2/contracts';
import { RpcRemoteError, RpcTimeoutError, type RpcClient } from '@backend2/streams';
import type { Metrics } from '../metrics/create-metrics.ts';
import { BreakerOpenError, createBreaker } from './create-breaker.ts';
import { inSpan } from '../tracing/span.ts';

export interface RpcCallOptions {
  /** Default the client's. */
  readonly timeoutMs?: number;
  /** W3C `traceparent`; the current trace's unless given. */
  readonly trace?: string;
  readonly signal?: AbortSignal;
}

export interface TypedRpcClient<M> {
  /**
   * @throws DomainError what the server refused with; `unavailable` when it did not answer in time or failed too often
   * lately. What was called may then have happened or not.
   */
  call<K extends keyof M & string>(
    method: K,
    request: RequestOf<M[K]>,
    options?: RpcCallOptions,
  ): Promise<ResponseOf<M[K]>>;
  readonly open: boolean;
  /** Ends the breaker's timers; the stream client beneath is its owner's to stop. */
  close(): void;
}

export interface RpcClientSetup {
  readonly metrics: Metrics;
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

const isErrorKind = (kind: unknown): kind is ErrorKind => (errorKinds as readonly unknown[]).includes(kind);

const unavailable = (server: string, code: string, why: string, retryAfterSeconds: number, cause: unknown) =>
  Object.assign(
    new DomainError('unavailable', code, `The ${server} service ${why}. Try again in a moment.`, {
      retryAfterSeconds,
    }),
    { cause },
  );

const meaning = (server: string, error: unknown): unknown => {
  if (error instanceof RpcRemoteError && isErrorKind(error.kind)) {
    const details = errorDetailsSchema.safeParse(error.details ?? {});
    return new DomainError(error.kind, error.code, error.message, details.success ? details.data : {});
  }
  if (error instanceof RpcTimeoutError)
    return unavailable(server, 'no_answer', 'did not answer in time', 2, error);
  if (error instanceof BreakerOpenError) {
    const seconds = Math.ceil(error.retryAfterMs / 1000);
    return unavailable(server, 'breaker_open', 'is not answering', seconds, error);
  }
  if (error instanceof RpcRemoteError) return error;
  if (error instanceof Error && error.name === 'AbortError') return error;
  return unavailable(server, 'unreachable', 'cannot be reached', 2, error);
};

/** The server answered: whatever it said, it is there. A caller who gave up says nothing about it either. */
const saysNothing = (error: unknown): boolean =>
  error instanceof RpcRemoteError || (error instanceof Error && error.name === 'AbortError');

/** Typed calls to one server, through a breaker of its own. */
export const rpcClient = <M>(
  client: RpcClient,
  contract: RpcContract<M>,
  setup: RpcClientSetup,
): TypedRpcClient<M> => {
  const server = contract.name.replace(/^rpc:/, '');
  const methods = contract.methods as Record<string, RpcMethod<unknown, unknown>>;
  const breaker = createBreaker(
    contract.name,
    (method: string, request: unknown, options: RpcCallOptions) =>
      inSpan(
        `${server}/${method}`,
        {
          kind: 'client',
          parent: options.trace,
          attributes: { 'rpc.system': 'backend2', 'rpc.service': server, 'rpc.method': method },
        },
        ({ traceparent }) =>
          client.call(contract.name, method, request, {
            timeoutMs: options.timeoutMs ?? setup.timeoutMs ?? 10_000,
            trace: traceparent,
            ...(options.signal && { signal: options.signal }),
          }),
      ),
    { metrics: setup.metrics, isExpected: saysNothing },
  );
  return {
    get open() {
      return breaker.open;
    },
    close: () => breaker.close(),
    call: async (method, request, options = {}) => {
      let answer: unknown;
      try {
        answer = await breaker.call(method, request, options);
      } catch (error) {
        throw meaning(server, error);
      }
      return methods[method]?.response.parse(answer) as ResponseOf<M[typeof method]>;
    },
  };
};
