import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findPrimary } from '@backend2/database';
import { artifactFolder, readBackupConfig } from './backup/backup-config.ts';
import { openBackupFolder } from './backup/backup-folder.ts';
import { takeBackup, type DumpFormat } from './backup/take-backup.ts';
import { OperatorError } from './operator-error.ts';
import { runCommandLine, say } from './run-command-line.ts';

const usage = `Takes a backup of a running system: Postgres, Redis and the list and copies of artifacts, as of one moment.

  backup [--to FOLDER] [--keep N] [--jobs N] [--format auto|pg_dump|copy] [--artifacts copy|list] [--redis snapshot|none]

Reads DATABASE_URL (the primary, as a user who may read every table), REDIS_URL and its other forms, ARTIFACTS_DIR,
BACKUP_DIR, BACKUP_KEEP, BACKUP_JOBS, and to encrypt BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE.
With ARTIFACTS_STORE=s3 artifacts are listed and not copied: have the bucket keep versions, or copy it.
auto: pg_dump's custom format where a pg_dump as new as the server is found, else COPY by this program.`;

const choice = <T extends string>(option: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new OperatorError(`--${option} is ${allowed.join(' or ')}, not "${value}".`);
  return found;
};

const count = (option: string, value: string | undefined, otherwise: number): number => {
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,4}$/.test(value)) throw new OperatorError(`--${option} is a whole number from 1.`);
  return Number(value);
};

await runCommandLine(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      to: { type: 'string' },
      keep: { type: 'string' },
      jobs: { type: 'string' },
      format: { type: 'string', default: 'auto' },
      artifacts: { type: 'string', default: 'copy' },
      redis: { type: 'string', default: 'snapshot' },
    },
  });
  const config = readBackupConfig();
  const format = choice<DumpFormat>('format', values.format, ['auto', 'pg_dump', 'copy']);
  const artifacts = choice('artifacts', values.artifacts, ['copy', 'list']);
  const redis = choice('redis', values.redis, ['snapshot', 'none']);
  const folder = await openBackupFolder(resolve(values.to ?? config.dir), {
    passphrase: config.secret,
    create: true,
  });
  await takeBackup({
    folder,
    databaseUrl: await findPrimary(config.database.primaryUrl),
    redis: redis === 'none' ? undefined : config.redis,
    artifactsDir: artifacts === 'list' ? undefined : artifactFolder(config),
    format,
    jobs: count('jobs', values.jobs, config.jobs),
    keep: count('keep', values.keep, config.keep),
    say,
  });
});
