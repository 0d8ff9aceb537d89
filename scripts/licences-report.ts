import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installedPackages, licences } from './check/licences.ts';

// Prints what everything installed is licensed under, then what is known against it (`--audit` asks the registry).

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
  const pnpm = execFile('npx', ['--yes', 'pnpm', 'audit', '--prod'], { cwd: root });
  pnpm.stdout?.pipe(process.stdout);
  pnpm.stderr?.pipe(process.stderr);
  pnpm.once('exit', (code) => {
    if (code !== 0) process.exitCode = 1;
  });
}
