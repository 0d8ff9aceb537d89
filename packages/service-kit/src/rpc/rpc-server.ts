import {
  DomainError,
  parseInput,
  type RequestOf,
  type RpcContract,
  type RpcHandlers,
  type RpcMethod,
} from '@backend2/contracts';
import type { Consumer, Streams, WireError } from '@backend2/streams';
import type { Log } from '../log/create-log.ts';
import { inSpan } from '../tracing/span.ts';

/** The consumer group of every RPC server's request stream. */
export const rpcServersGroup = 'servers';

export interface RpcServerSetup {
  readonly log: Log;
  /** Requests handled at once. Default 32. */
  readonly concurrency?: number;
  /** What an error of a handler means to its caller, such as a lost database connection; undefined leaves it unexpected. */
  readonly asDomainError?: (error: unknown) => DomainError | undefined;
  /** Told of every error that is not a DomainError. */
  readonly onUnexpected?: (error: unknown) => void;
}

const encodeDomainError = (error: unknown): WireError | undefined =>
  error instanceof DomainError
    ? { kind: error.kind, code: error.code, message: error.message, details: error.details }
    : undefined;

type AnyMethods = Record<string, RpcMethod<unknown, unknown>>;

/**
 * Answers a contract's methods over its request stream. Requests and responses are both parsed; a DomainError reaches
 * the caller whole, anything else as `internal` without its text, and is logged here.
 */
export const rpcServer = <M>(
  streams: Streams,
  contract: RpcContract<M>,
  handlers: RpcHandlers<M>,
  { log, concurrency = 32, asDomainError, onUnexpected }: RpcServerSetup,
): Consumer => {
  const methods = contract.methods as AnyMethods;
  const server = contract.name.replace(/^rpc:/, '');
  const attributesOf = (method: string) => ({
    'rpc.system': 'backend2',
    'rpc.service': server,
    'rpc.method': method,
  });
  const answer = async (name: string, params: unknown, signal: AbortSignal): Promise<unknown> => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!method) throw new DomainError('absent', 'unknown_method', `${contract.name} has no method ${name}.`);
    const request = parseInput(method.request, params);
    const response = await handlers[name as keyof M](request as RequestOf<M[keyof M]>, { signal });
    return method.response.parse(response);
  };
  return streams.rpcServer({
    name: contract.name,
    group: rpcServersGroup,
    concurrency,
    handler: (name, params, { signal, trace }) =>
      inSpan(
        `${server}/${name}`,
        { kind: 'server', parent: trace, attributes: attributesOf(name) },
        async () => {
          try {
            return await answer(name, params, signal);
          } catch (error) {
            if (error instanceof DomainError) throw error;
            const meant = asDomainError?.(error);
            if (meant) {
              log.warn({ err: error, method: name }, 'rpc handler lost what it depends on');
              throw meant;
            }
            log.error({ err: error, method: name }, 'rpc handler failed');
            onUnexpected?.(error);
            throw error;
          }
        },
      ),
    encodeError: encodeDomainError,
  });
};
