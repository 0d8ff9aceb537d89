import type { CorsConfig } from './cors-config.ts';
import type { LogConfig } from './log-config.ts';
import type { RedisConfig } from './redis-config.ts';
import { developmentSecret, type SecurityConfig } from './security-config.ts';

/** Answers one sentence a problem, each beginning with the variable's name. */
export type ConfigRule<T> = (config: T, env: Readonly<Record<string, string | undefined>>) => string[];

interface SharedGroups {
  readonly redis?: RedisConfig;
  readonly log?: LogConfig;
  readonly security?: SecurityConfig;
  readonly cors?: CorsConfig;
}

const redisForm: ConfigRule<SharedGroups> = ({ redis }) => {
  if (!redis) return [];
  const problems: string[] = [];
  if (redis.sentinels.length > 0 && redis.clusterNodes.length > 0)
    problems.push('REDIS_CLUSTER_NODES: cannot be set together with REDIS_SENTINELS; choose one form');
  if (redis.sentinels.length > 0 && redis.sentinelMaster === '')
    problems.push('REDIS_SENTINEL_MASTER: must name the master that REDIS_SENTINELS watch');
  if (redis.sentinels.length === 0 && redis.sentinelMaster !== '')
    problems.push('REDIS_SENTINELS: must be set as well when REDIS_SENTINEL_MASTER is');
  return problems;
};

const production: ConfigRule<SharedGroups> = ({ log, security, cors }, env) => {
  if (env['NODE_ENV'] !== 'production') return [];
  const problems: string[] = [];
  if (security?.secretKey === developmentSecret)
    problems.push('SECRET_KEY: must be set in production; the development secret is public');
  else if (security && security.secretKey.length < 32)
    problems.push('SECRET_KEY: must have at least 32 characters in production');
  if (log?.debug) problems.push('DEBUG: must be false in production');
  if (cors?.credentials && cors.origins.includes('*'))
    problems.push(
      'CORS_ORIGINS: must list origins in production while CORS_CREDENTIALS is true; * is refused',
    );
  return problems;
};

export const configRules: readonly ConfigRule<SharedGroups>[] = [redisForm, production];
