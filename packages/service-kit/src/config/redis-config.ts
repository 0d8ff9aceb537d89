import type { RedisConnection } from '@backend2/streams';
import type { ConfigSchema } from './load-config.ts';

export interface RedisConfig {
  readonly url: string;
  readonly keyPrefix: string;
  readonly sentinels: { readonly host: string; readonly port: number }[];
  readonly sentinelMaster: string;
  readonly sentinelPassword: string;
  readonly clusterNodes: { readonly host: string; readonly port: number }[];
}

export const redisConfig: ConfigSchema<RedisConfig> = {
  url: {
    doc: 'Server, user, password, database and TLS (rediss:); in the other forms host and port are not used',
    format: 'redisUrl',
    default: 'redis://127.0.0.1:6379/0',
    env: 'REDIS_URL',
    sensitive: true,
  },
  keyPrefix: { doc: 'Begins every key', format: 'text', default: 'app:', env: 'REDIS_KEY_PREFIX' },
  sentinels: { doc: 'host:port,...', format: 'endpoints', default: [], env: 'REDIS_SENTINELS' },
  sentinelMaster: { doc: "The master's name", format: 'text', default: '', env: 'REDIS_SENTINEL_MASTER' },
  sentinelPassword: {
    doc: 'Password of the Sentinels themselves',
    format: 'text',
    default: '',
    env: 'REDIS_SENTINEL_PASSWORD',
    sensitive: true,
  },
  clusterNodes: { doc: 'host:port,...', format: 'endpoints', default: [], env: 'REDIS_CLUSTER_NODES' },
};

/** Sentinel and Cluster take user, password, TLS and (Sentinel only) database from the URL. */
export const redisConnection = (config: RedisConfig): RedisConnection => {
  const url = new URL(config.url);
  const access = {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: true }),
  };
  if (config.clusterNodes.length > 0) return { kind: 'cluster', nodes: config.clusterNodes, ...access };
  if (config.sentinels.length === 0) return { kind: 'single', url: config.url };
  return {
    kind: 'sentinel',
    sentinels: config.sentinels,
    master: config.sentinelMaster,
    db: Number(url.pathname.slice(1) || 0),
    ...(config.sentinelPassword && { sentinelPassword: config.sentinelPassword }),
    ...access,
  };
};
