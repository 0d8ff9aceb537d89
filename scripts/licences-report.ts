import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installedPackages, licences } from './check/licences.ts';

// Prints what everything installed is licensed under, then what is known against it (`--audit` asks the registry). Status 1: a
// licence or an advisory; 2: the registry gave no answer.

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = installedPackages(root);
const byLicence = Map.groupBy(packages, ({ licence }) => licence || 'none named');
for (const [licence, found] of [...byLicence].toSorted((a, b) => b[1].length - a[1].length)) {
  console.log(`\n${licence} (${found.length})`);
  console.log(found.map(({ name, version }) => `  ${name} ${version}`).join('\n'));
}
const { problems } = await licences.run(root);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

if (process.argv.includes('--audit')) {
  const { status, stdout, stderr } = spawnSync('npx', ['--yes', 'pnpm', 'audit', '--prod'], {
    cwd: root,
    encoding: 'utf8',
  });
  console.log(`\n${stdout}${stderr}`);
  const unanswered = /ERR_PNPM_AUDIT_\w+/.exec(stdout + stderr)?.[0];
  if (unanswered !== undefined)
    console.error(
      `NOT AUDITED: the registry does not answer the question for advisories (${unanswered}), so nothing is known either way.\n` +
        'Ask where one does: pnpm_config_registry=https://REGISTRY scripts/licences --audit',
    );
  if (status !== 0) process.exitCode = unanswered === undefined ? 1 : 2;
}
