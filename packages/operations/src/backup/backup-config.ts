import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  artifactsConfig,
  databaseConfig,
  loadConfig,
  redisConfig,
  type ArtifactsConfig,
  type ConfigSchema,
  type DatabaseConfig,
  type RedisConfig,
} from '@backend2/service-kit';
import { OperatorError } from '../operator-error.ts';

export interface BackupConfig {
  readonly database: DatabaseConfig;
  readonly redis: RedisConfig;
  readonly dir: string;
  readonly keep: number;
  readonly jobs: number;
  readonly passphrase: string;
  readonly passphraseFile: string;
  readonly artifacts: ArtifactsConfig;
}

const backupConfig: ConfigSchema<BackupConfig> = {
  database: databaseConfig,
  redis: redisConfig,
  dir: { doc: 'Folder of backups', format: 'text', default: '.data/backups', env: 'BACKUP_DIR' },
  keep: { doc: 'Backups kept', format: 'whole', min: 1, max: 10_000, default: 7, env: 'BACKUP_KEEP' },
  jobs: {
    doc: 'Tables dumped or restored at once',
    format: 'whole',
    min: 1,
    max: 64,
    default: 4,
    env: 'BACKUP_JOBS',
  },
  passphrase: {
    doc: 'Encrypts the backups; empty: not encrypted',
    format: 'text',
    default: '',
    env: 'BACKUP_PASSPHRASE',
    sensitive: true,
  },
  passphraseFile: {
    doc: 'File that holds the passphrase',
    format: 'text',
    default: '',
    env: 'BACKUP_PASSPHRASE_FILE',
  },
  artifacts: artifactsConfig,
};

export const readBackupConfig = (): BackupConfig & { readonly secret: string | undefined } => {
  const config = loadConfig(backupConfig, process.env);
  return { ...config, secret: passphraseOf(config) };
};

/** The folder to copy from and to; none where a bucket keeps the artifacts, which is a copy's own business. */
export const artifactFolder = ({ artifacts: { store, dir } }: BackupConfig): string | undefined =>
  store === 'disk' ? resolve(dir) : undefined;

const passphraseOf = ({ passphrase, passphraseFile }: BackupConfig): string | undefined => {
  if (passphraseFile === '') return passphrase === '' ? undefined : passphrase;
  try {
    return readFileSync(passphraseFile, 'utf8').trim();
  } catch (cause) {
    throw new OperatorError(`BACKUP_PASSPHRASE_FILE names ${passphraseFile}, which cannot be read.`, {
      cause,
    });
  }
};
