import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findPrimary, serverName } from '@backend2/database';
import { artifactFolder, readBackupConfig } from './backup/backup-config.ts';
import { openBackupFolder } from './backup/backup-folder.ts';
import { restoreBackup, verifyBackup } from './backup/restore-backup.ts';
import { OperatorError } from './operator-error.ts';
import { runCommandLine, say } from './run-command-line.ts';

const usage = `Brings a stopped system back to the moment of a backup.

  restore [NAME|latest] [--from FOLDER] [--replace] [--redis restore|leave] [--verify] [--list]

Reads DATABASE_URL (as the owner of the database), REDIS_URL and its other forms, ARTIFACTS_DIR, BACKUP_DIR,
BACKUP_JOBS and the passphrase as backup does. The books and the snapshot are proved before anything is changed, copies of
artifacts as they are put back; --verify proves all of it and changes nothing. Targets must be empty unless --replace is said.`;

await runCommandLine(usage, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      replace: { type: 'boolean', default: false },
      redis: { type: 'string', default: 'restore' },
      verify: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (positionals.length > 1 || !['restore', 'leave'].includes(values.redis)) throw new OperatorError(usage);
  const config = readBackupConfig();
  const path = resolve(values.from ?? config.dir);
  const folder = await openBackupFolder(path, { passphrase: config.secret, create: false });
  const names = await folder.names();
  if (values.list) return names.forEach(say);
  const [asked = 'latest'] = positionals;
  const name = asked === 'latest' ? names.at(-1) : asked;
  if (name === undefined) throw new OperatorError(`There is no backup in ${path}.`);
  if (values.verify) {
    const { takenAt } = await verifyBackup(folder, name);
    return say(`Backup ${name} of ${takenAt} is whole`);
  }
  const databaseUrl = await findPrimary(config.database.primaryUrl);
  await restoreBackup({
    folder,
    name,
    databaseUrl,
    redis: values.redis === 'leave' ? undefined : config.redis,
    artifactsDir: artifactFolder(config),
    jobs: config.jobs,
    replace: values.replace,
    say,
  });
  say(`${serverName(databaseUrl)} stands as it did; start the services`);
});
