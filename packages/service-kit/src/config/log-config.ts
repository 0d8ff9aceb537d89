import type { ConfigSchema } from './load-config.ts';

export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Logs everything, whatever `level` says. */
  readonly debug: boolean;
  readonly files: {
    /** Empty: no files. */
    readonly dir: string;
    readonly bytes: number;
    readonly count: number;
  };
  readonly elasticsearch: {
    /** Empty: nothing is shipped. */
    readonly url: string;
    readonly index: string;
    readonly apiKey: string;
    /** Lines kept while the server is slow or away. */
    readonly buffer: number;
  };
}

export const logConfig: ConfigSchema<LogConfig> = {
  level: { doc: 'Least severity logged', format: [...logLevels], default: 'INFO', env: 'LOG_LEVEL' },
  format: {
    doc: 'json: one line an event; pretty: for people',
    format: ['json', 'pretty'],
    default: 'json',
    env: 'LOG_FORMAT',
  },
  debug: { doc: 'Development aids; refused in production', format: 'flag', default: false, env: 'DEBUG' },
  files: {
    dir: {
      doc: "Folder of one instance's log files, beside the console; empty: none",
      format: 'text',
      default: '',
      env: 'LOG_DIR',
    },
    bytes: {
      doc: 'Size at which a log file is rotated',
      format: 'whole',
      min: 1000,
      default: 10_000_000,
      env: 'LOG_FILE_BYTES',
    },
    count: {
      doc: 'Files kept, the current one among them',
      format: 'whole',
      min: 2,
      max: 1000,
      default: 10,
      env: 'LOG_FILE_COUNT',
    },
  },
  elasticsearch: {
    url: {
      doc: 'Elasticsearch to ship the log to, beside the console; empty: none',
      format: 'webUrlOrNone',
      default: '',
      env: 'LOG_ELASTICSEARCH_URL',
      sensitive: true,
    },
    index: {
      doc: 'Data stream or index written to',
      format: 'text',
      default: 'logs-backend2-default',
      env: 'LOG_ELASTICSEARCH_INDEX',
    },
    apiKey: {
      doc: 'Encoded API key; empty: the user and password of the URL, if any',
      format: 'text',
      default: '',
      env: 'LOG_ELASTICSEARCH_API_KEY',
      sensitive: true,
    },
    buffer: {
      doc: 'Lines kept while Elasticsearch is slow or away; further ones are dropped and counted',
      format: 'whole',
      min: 100,
      max: 1_000_000,
      default: 10_000,
      env: 'LOG_ELASTICSEARCH_BUFFER',
    },
  },
};
