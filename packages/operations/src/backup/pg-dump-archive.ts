import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';
import type { PostgresEntry } from './manifest.ts';
import { libpqEnvironment } from './postgres-tools.ts';
import type { Snapshot } from './snapshot.ts';
import { readStored, storeFile } from './stored-file.ts';

type DumpEntry = Extract<PostgresEntry, { format: 'pg_dump' }>;

const file = 'postgres.dump';

const finished = (child: ReturnType<typeof spawn>, command: string): Promise<void> => {
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new OperatorError(`${command} failed (status ${code}): ${complaints.trim()}`));
    });
  });
};

/** pg_dump's custom format, of the same moment as everything else. */
export const writePgDump = async (
  url: string,
  snapshot: Snapshot,
  command: string,
  path: string,
  key: Buffer | undefined,
): Promise<DumpEntry> => {
  const args = [
    '--format=custom',
    '--compress=1',
    `--snapshot=${snapshot.id}`,
    '--no-owner',
    '--no-privileges',
  ];
  const child = spawn(command, [...args, '--schema=public'], {
    env: libpqEnvironment(url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [dump] = await Promise.all([
    storeFile(child.stdout, join(path, file), file, { compressed: false, key }),
    finished(child, command),
  ]);
  const tables: DumpEntry['tables'] = [];
  for (const { table, columns } of snapshot.tables) {
    const { rows } = await snapshot.client.query<{ count: string }>(
      `select count(*) from "${table.replaceAll('"', '""')}"`,
    );
    tables.push({ name: table, columns, rows: Number(rows[0]?.count) });
  }
  const { serverVersion, extensions } = snapshot;
  return { format: 'pg_dump', version: String(serverVersion), dump, tables, extensions: [...extensions] };
};

/** Fills an empty database, its tables `jobs` at a time. An encrypted dump lies in the clear for as long as that takes. */
export const restorePgDump = async (
  url: string,
  command: string,
  jobs: number,
  path: string,
  key: Buffer | undefined,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'backend2-restore-'));
  try {
    const plain = key ? join(folder, file) : join(path, file);
    if (key) {
      await readStored(join(path, file), createWriteStream(plain, { mode: 0o600 }), {
        compressed: false,
        key,
      });
    }
    const env = libpqEnvironment(url);
    const args = [`--jobs=${jobs}`, '--no-owner', '--no-privileges', '--exit-on-error', '--schema=public'];
    const child = spawn(command, [...args, `--dbname=${env['PGDATABASE']}`, plain], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await finished(child, command);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
