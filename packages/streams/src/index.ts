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
export {
  createClient as createRedisClient,
  parseRedisConnection,
  type RedisClient,
} from './redis-connection.ts';
export type * from './types.ts';
