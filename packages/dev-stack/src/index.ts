export { freePort, isPortFree } from './free-port.ts';
export { installDebianPackage } from './debian-package.ts';
export { findOrInstallRedis } from './debian-redis.ts';
export { findRedis, howToInstallRedis, isSupportedRedis, oldestRedis } from './redis-binary.ts';
export {
  type Exit,
  type ManagedProcess,
  type ManagedProcessOptions,
  lastLines,
  startProcess,
} from './managed-process.ts';
export { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';
export type { PostgresServer } from './postgres-server.ts';
export { type Redis, type RedisOptions, startRedis } from './redis.ts';
export { StackError, explainFileError } from './stack-error.ts';
export { type DataFolder, openDataFolder } from './data-folder.ts';
export { type Ports, type Supervised, type SupervisedOptions, supervise } from './supervise.ts';
export { runCommand } from './run-command.ts';
export { portOwner } from './port-owner.ts';
