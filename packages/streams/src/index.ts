export { createStreams } from './create-streams.ts';
export {
  AttemptTimeoutError,
  ConsumerStoppedError,
  LeaseLostError,
  PermanentError,
  RedisUnavailableError,
  RpcRemoteError,
  RpcTimeoutError,
  StreamFullError,
} from './errors.ts';
export { parseRedisConnection } from './redis-connection.ts';
export type * from './types.ts';
