import type { ArtifactsConfig } from './artifacts-config.ts';
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
  readonly artifacts?: ArtifactsConfig;
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

const s3Form: ConfigRule<SharedGroups> = ({ artifacts }) => {
  if (artifacts?.store !== 's3') return [];
  const { endpoint, bucket, accessKeyId, secretAccessKey } = artifacts.s3;
  const needed = {
    ARTIFACTS_S3_ENDPOINT: endpoint,
    ARTIFACTS_S3_BUCKET: bucket,
    ARTIFACTS_S3_ACCESS_KEY_ID: accessKeyId,
    ARTIFACTS_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return Object.entries(needed)
    .filter(([, value]) => value === '')
    .map(([name]) => `${name}: must be set when ARTIFACTS_STORE is s3`);
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

export const configRules: readonly ConfigRule<SharedGroups>[] = [redisForm, s3Form, production];
