import { parseArgs } from 'node:util';
import { OperatorError } from './operator-error.ts';
import { promoteStandby } from './postgres/promote-standby.ts';
import { runCommandLine, say } from './run-command-line.ts';

const usage = `Makes a standby the primary after the primary has died.

  promote-standby --standby URL (--old-primary URL | --fenced) [--patience SECONDS]

URLs as DATABASE_URL, of a superuser; they can be given as STANDBY_URL and OLD_PRIMARY_URL instead, which keeps
passwords out of the list of processes. --fenced says that the old primary is known not to run.`;

const urlOf = (given: string | undefined, variable: string): string | undefined => {
  const url = given ?? process.env[variable];
  if (url !== undefined && !URL.canParse(url)) throw new OperatorError(`${variable} is not a URL.`);
  return url;
};

await runCommandLine(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      standby: { type: 'string' },
      'old-primary': { type: 'string' },
      fenced: { type: 'boolean', default: false },
      patience: { type: 'string', default: '60' },
    },
  });
  const standbyUrl = urlOf(values.standby, 'STANDBY_URL');
  const oldPrimaryUrl = urlOf(values['old-primary'], 'OLD_PRIMARY_URL');
  if (standbyUrl === undefined || (oldPrimaryUrl === undefined && !values.fenced))
    throw new OperatorError(usage);
  if (!/^\d{1,6}$/.test(values.patience)) throw new OperatorError('--patience is a whole number of seconds.');
  await promoteStandby({ standbyUrl, oldPrimaryUrl, patienceMs: Number(values.patience) * 1000, say });
});
