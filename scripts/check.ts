import { fileURLToPath } from 'node:url';
import { boundaries } from './check/boundaries.ts';
import { composeVariables } from './check/compose-variables.ts';
import { contract } from './check/contract.ts';
import { licences } from './check/licences.ts';
import { lockfile } from './check/lockfile.ts';
import { monitoring } from './check/monitoring.ts';
import { oneVersion } from './check/one-version.ts';
import { tableAccess } from './check/table-access.ts';
import { deadCode, format, lint, types } from './check/tool-steps.ts';

// One line a step; every step runs, so that one look shows all there is to mend.

const root = fileURLToPath(new URL('..', import.meta.url));
const steps = [
  format,
  lint,
  types,
  boundaries,
  deadCode,
  oneVersion,
  lockfile,
  contract,
  monitoring,
  tableAccess,
  composeVariables,
  licences,
];

const failures: string[] = [];
for (const step of steps) {
  const started = performance.now();
  const { problems, note } = await step.run(root);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const verdict = problems.length === 0 ? 'ok  ' : 'FAIL';
  console.log(`${verdict}  ${step.name}${note === undefined ? '' : ` (${note})`}  ${seconds} s`);
  if (problems.length > 0) failures.push(`\n${step.name}\n${problems.join('\n')}`);
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exitCode = 1;
}
