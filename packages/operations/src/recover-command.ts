import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { OperatorError } from './operator-error.ts';
import { recoverToTime } from './postgres/recover-to-time.ts';
import { runCommandLine, say } from './run-command-line.ts';

const usage = `Prepares a Postgres data folder that recovers to a moment from a base backup and the archived log.

  recover-to-time --base FOLDER --archive FOLDER --data NEW_FOLDER [--time 2026-01-31T12:34:56Z]

Run it where the server's files are, as its user or root. Without --time everything that was archived is replayed.`;

await runCommandLine(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      base: { type: 'string' },
      archive: { type: 'string' },
      data: { type: 'string' },
      time: { type: 'string' },
    },
  });
  const { base, archive, data, time } = values;
  if (base === undefined || archive === undefined || data === undefined) throw new OperatorError(usage);
  const moment = time === undefined ? undefined : new Date(time);
  if (moment && Number.isNaN(moment.getTime()))
    throw new OperatorError(`--time "${time}" is no moment; write it as 2026-01-31T12:34:56Z.`);
  const folders = { base: resolve(base), archive: resolve(archive), data: resolve(data) };
  await recoverToTime({ ...folders, time: moment });
  say(`Start Postgres over ${folders.data}: it replays the log, promotes itself, and takes writes.`);
});
