import type { ConfigSchema } from './load-config.ts';

export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Logs everything, whatever `level` says. */
  readonly debug: boolean;
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
};
