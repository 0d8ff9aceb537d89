import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { monitoring } from './check/monitoring.ts';
import { dashboardQueries, readDashboards } from './monitoring/queries.ts';

// Puts Prometheus's configuration, rules, their tests and every dashboard query before promtool, which npm test can do
// without. PROMTOOL names the program where it is not on the PATH. node scripts/verify-monitoring.ts

const root = fileURLToPath(new URL('..', import.meta.url));
const prometheus = join(root, 'infra/prometheus');
const promtool = process.env['PROMTOOL'] ?? 'promtool';
const filesIn = (folder: string): string[] =>
  readdirSync(join(prometheus, folder)).map((name) => join(prometheus, folder, name));

let failed = false;
const report = (what: string, problem: string | undefined): void => {
  failed ||= problem !== undefined;
  console.log(`${problem === undefined ? 'ok  ' : 'FAIL'}  ${what}`);
  if (problem !== undefined) console.log(problem);
};

const ask = (what: string, args: readonly string[]): void => {
  const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  // Debian builds it without Kubernetes; the rest of that file is read first.
  const notBuiltIn = /unknown service discovery|field kubernetes_sd_configs not found/.test(said);
  if (status !== 0 && notBuiltIn) console.log(`skip  ${what}: this promtool knows no Kubernetes`);
  else report(what, status === 0 ? undefined : said);
};

if (spawnSync(promtool, ['--version']).error) {
  console.error(`${promtool} cannot be run. Install Prometheus's promtool, or name it in PROMTOOL.`);
  process.exit(2);
}

const { problems, note } = await monitoring.run(root);
report(`${monitoring.name} (${note})`, problems.length === 0 ? undefined : problems.join('\n'));
for (const file of ['prometheus.yml', 'prometheus.kubernetes.yml']) {
  ask(`check config ${file}`, ['check', 'config', join(prometheus, file)]);
}
ask('check rules', ['check', 'rules', '--lint=all', '--lint-fatal', ...filesIn('rules')]);
ask('test rules', ['test', 'rules', ...filesIn('tests')]);

const queries = dashboardQueries(readDashboards(root));
const folder = mkdtempSync(join(tmpdir(), 'dashboard-queries-'));
try {
  const rules = queries.map(({ expr, where }, index) => ({
    record: `dashboard:query:${index}`,
    expr,
    labels: { where },
  }));
  const file = join(folder, 'queries.yml');
  writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }));
  ask(`parse ${queries.length} dashboard queries`, ['check', 'rules', file]);
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
