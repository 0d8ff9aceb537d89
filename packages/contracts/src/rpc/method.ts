import type { z } from 'zod';

export interface RpcMethod<Request, Response> {
  readonly request: z.ZodType<Request>;
  readonly response: z.ZodType<Response>;
}

export type RequestOf<M> = M extends { request: z.ZodType<infer Request> } ? Request : never;
export type ResponseOf<M> = M extends { response: z.ZodType<infer Response> } ? Response : never;

/** The methods one service answers over its request stream. */
export interface RpcContract<M> {
  /** The request stream, `rpc:<service>`. */
  readonly name: string;
  readonly methods: M;
}

export const rpcContract = <const M extends Record<string, { request: z.ZodType; response: z.ZodType }>>(
  name: string,
  methods: M,
): RpcContract<M> => ({ name, methods });

/** One function a method: what a service implements. */
export type RpcHandlers<M> = {
  readonly [K in keyof M]: (
    request: RequestOf<M[K]>,
    context: { signal: AbortSignal },
  ) => Promise<ResponseOf<M[K]>>;
};

/** The part of a service's methods whose names begin with one of these words: `tasks` for `tasks.create`. */
export type RpcHandlerGroup<M, Group extends string> = Pick<
  RpcHandlers<M>,
  Extract<keyof M, `${Group}.${string}`>
>;
