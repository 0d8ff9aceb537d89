export { freePort } from '@backend2/dev-stack';
export { type HttpSink, type SinkAnswer, type SinkRequest, httpSink } from './http-sink.ts';
export { type Inbox, inbox } from './inbox.ts';
export { startOwnPostgres, startOwnRedis } from './own-servers.ts';
export { type RunProcessOptions, type RunningProcess, runProcess } from './run-process.ts';
export type { TestScope } from './test-scope.ts';
export { type UntilOptions, until } from './until.ts';
export { type PostgresTemplateOptions, type TestPostgres, usePostgres } from './use-postgres.ts';
export { type TestRedis, useRedis } from './use-redis.ts';
