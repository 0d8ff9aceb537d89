import type { ConfigSchema } from './load-config.ts';

export interface DatabaseConfig {
  readonly primaryUrl: string;
  readonly replicaUrls: string[];
  /** A standby further behind is given no reads. */
  readonly maxLagMs: number;
  /** A primary that leaves a look unanswered for so long hangs. */
  readonly silenceMs: number;
  readonly pool: { readonly size: number; readonly maxOverflow: number; readonly timeoutSeconds: number };
}

export const databaseConfig: ConfigSchema<DatabaseConfig> = {
  primaryUrl: {
    doc: 'The primary; several hosts (one:5432,two:5432) where a standby may take its place',
    format: 'postgresUrl',
    default: 'postgres://postgres@127.0.0.1:5432/backend2',
    env: 'DATABASE_URL',
    sensitive: true,
  },
  replicaUrls: {
    doc: "Streaming standbys, comma separated; without a user, the primary's",
    format: 'postgresUrls',
    default: [],
    env: 'DATABASE_REPLICA_URLS',
    sensitive: true,
  },
  maxLagMs: {
    doc: 'How far behind a standby may be and still answer reads',
    format: 'milliseconds',
    min: 100,
    default: 10_000,
    env: 'DB_MAX_REPLICA_LAG',
  },
  silenceMs: {
    doc: 'How long the primary may answer nobody before what waits for it is given up',
    format: 'milliseconds',
    min: 100,
    default: 5000,
    env: 'DB_SILENCE_TIMEOUT',
  },
  pool: {
    size: { doc: 'Connections kept', format: 'whole', min: 0, max: 1000, default: 5, env: 'DB_POOL_SIZE' },
    maxOverflow: {
      doc: 'Further connections under load',
      format: 'whole',
      min: 0,
      max: 1000,
      default: 10,
      env: 'DB_MAX_OVERFLOW',
    },
    timeoutSeconds: {
      doc: 'Seconds to wait for a connection',
      format: 'decimal',
      min: 0.1,
      max: 3600,
      default: 30,
      env: 'DB_POOL_TIMEOUT',
    },
  },
};
