import { auditOutcomes, type AuditEntry, type AuditOutcome } from '@backend2/contracts';
import { Option } from 'commander';
import { firstOf, pageOf, wholeNumber } from '../first-of.ts';
import type { Commands } from '../run.ts';
import { listing } from '../table.ts';

interface AuditOptions {
  readonly user?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: AuditOutcome;
  readonly since?: string;
  readonly until?: string;
  readonly limit: string;
}

export const addAuditCommand = ({ program, context }: Commands): void => {
  program
    .command('audit')
    .description('who changed what, newest first; for admins')
    .option('--user <id>', 'by whom')
    .option('--action <operation>', 'createTask, say')
    .option('--target <id>', 'what was done to one thing')
    .addOption(new Option('--outcome <outcome>').choices(auditOutcomes))
    .option('--since <time>', 'ISO 8601 with a zone')
    .option('--until <time>', 'ISO 8601 with a zone, exclusive')
    .option('--limit <count>', 'how many', '20')
    .action(async ({ limit, user, target, ...filter }: AuditOptions) => {
      const { client, show } = context();
      const most = wholeNumber('--limit', limit);
      const wanted = {
        ...filter,
        ...(user && { userId: user }),
        ...(target && { targetId: target }),
        limit: pageOf(most),
      };
      const found = await firstOf((await client()).system.iterateAudit(wanted), most);
      show(found, (entries) => listing(headings, entries.map(rowOf), 'There are no such entries.'));
    });
};

const headings = ['AT', 'WHO', 'FROM', 'ACTION', 'OUTCOME', 'TARGET'];
const rowOf = ({ at, userId, apiKeyId, address, action, outcome, code, target }: AuditEntry): string[] => [
  at.slice(0, 19).replace('T', ' '),
  `${userId ?? '-'}${apiKeyId === null ? '' : ' (key)'}`,
  address,
  action,
  code === null ? outcome : `${outcome}: ${code}`,
  Object.entries(target)
    .map(([name, id]) => `${name}=${id}`)
    .join(' '),
];
