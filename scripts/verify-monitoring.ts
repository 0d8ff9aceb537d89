import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
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
  report(what, status === 0 ? undefined : said);
};

/** Debian builds promtool without Kubernetes. What finds the pods is then left out of a copy; the rest must still hold. */
const checkConfig = (name: string): void => {
  const file = join(prometheus, name);
  const { stdout, stderr } = spawnSync(promtool, ['check', 'config', file], { encoding: 'utf8' });
  if (!/unknown service discovery|field kubernetes_sd_configs not found/.test(stdout + stderr)) {
    ask(`check config ${name}`, ['check', 'config', file]);
    return;
  }
  const config = parse(readFileSync(file, 'utf8')) as {
    rule_files: string[];
    scrape_configs: Record<string, unknown>[];
  };
  const copy = {
    ...config,
    rule_files: config.rule_files.map((pattern) => join(prometheus, pattern)),
    scrape_configs: config.scrape_configs.map((job) =>
      Object.fromEntries(Object.entries(job).filter(([key]) => key !== 'kubernetes_sd_configs')),
    ),
  };
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-config-'));
  try {
    const bare = join(folder, name);
    writeFileSync(bare, stringify(copy));
    ask(`check config ${name} but for kubernetes_sd_configs, which this promtool does not know`, [
      'check',
      'config',
      bare,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

if (spawnSync(promtool, ['--version']).error) {
  console.error(`${promtool} cannot be run. Install Prometheus's promtool, or name it in PROMTOOL.`);
  process.exit(2);
}

const { problems, note } = await monitoring.run(root);
report(`${monitoring.name} (${note})`, problems.length === 0 ? undefined : problems.join('\n'));
for (const name of ['prometheus.yml', 'prometheus.kubernetes.yml']) checkConfig(name);
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
