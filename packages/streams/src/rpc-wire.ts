import type { WireError } from './types.ts';

/** Begins the name of every reply stream: a server appends to no other, whatever a request says. */
export const repliesPrefix = 'rpc:replies:';

/** Milliseconds; the longest a timer of Node's can wait. */
const longestTimeoutMs = 2 ** 31 - 1;

/** A request as it stands in `rpc:<service>`; its deadline is `timeoutMs` after Redis appended it. */
export interface RpcRequest {
  readonly method: string;
  readonly params: unknown;
  readonly replyTo: string;
  readonly timeoutMs: number;
}

export interface RpcReply {
  readonly result?: unknown;
  readonly error?: WireError;
}

const record = (value: unknown): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error('An RPC message is not an object.');
};

export const isTimeout = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value <= longestTimeoutMs;

export const encodeRequest = ({ method, params, replyTo, timeoutMs }: RpcRequest) => ({
  m: method,
  a: params,
  r: replyTo,
  t: timeoutMs,
});

export const parseRequest = (value: unknown): RpcRequest => {
  const { m, a, r, t } = record(value);
  if (typeof m !== 'string' || typeof r !== 'string' || !isTimeout(t)) {
    throw new Error('An RPC request lacks its method, reply address or deadline.');
  }
  if (!r.startsWith(repliesPrefix) || /[{}\s]/.test(r))
    throw new Error(`"${r}" is not the address of an RPC's replies.`);
  return { method: m, params: a, replyTo: r, timeoutMs: t };
};

export const encodeReply = ({ result, error }: RpcReply) =>
  error === undefined ? { v: result } : { e: error };

export const parseReply = (value: unknown): RpcReply => {
  const { v, e } = record(value);
  if (e === undefined) return { result: v };
  const { code, message } = record(e);
  if (typeof code !== 'string' || typeof message !== 'string')
    throw new Error('An RPC error lacks its code or message.');
  return { error: e as WireError };
};
