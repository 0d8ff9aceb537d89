import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One PromQL expression of a rule or a panel. */
export interface Query {
  /** File and name, for messages. */
  readonly where: string;
  readonly expr: string;
}

export interface Rule {
  readonly file: string;
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook_url?: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
}

export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
}

const rulesFolder = 'infra/prometheus/rules';
export const ruleTestsFolder = 'infra/prometheus/tests';
const dashboardsFolder = 'infra/grafana/dashboards';

const filesIn = (root: string, folder: string, end: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name));

export function readRules(root: string): Rule[] {
  return filesIn(root, rulesFolder, '.yml').flatMap((file) => {
    const { groups } = parse(readFileSync(join(root, file), 'utf8')) as {
      groups: { rules: Omit<Rule, 'file'>[] }[];
    };
    return groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, file })));
  });
}

/** All of them, as one text. */
export const readRuleTests = (root: string): string =>
  filesIn(root, ruleTestsFolder, '.yml')
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');

export function readDashboards(root: string): Dashboard[] {
  return filesIn(root, dashboardsFolder, '.json').map((file) => ({
    ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as Omit<Dashboard, 'file'>),
    file,
  }));
}

export const ruleQueries = (rules: readonly Rule[]): Query[] =>
  rules.map(({ file, alert, record, expr }) => ({ where: `${file}: ${alert ?? record}`, expr }));

/** Grafana's own variables are replaced by what it would put there. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(\w+)|\$\{(\w+)\}/g, '.*');

export const dashboardQueries = (dashboards: readonly Dashboard[]): Query[] =>
  dashboards.flatMap(({ file, panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ where: `${file}: ${title}`, expr: filledIn(expr) })),
    ),
  );

/** Metrics and recorded series that an expression reads. */
export function metricsOf(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '""').replaceAll(/'[^']*'/g, "''");
  const found = bare.matchAll(
    /\b(?:backend2_\w+|(?:nodejs|process)_\w+|\w+:backend2_\w+:\w+|backend2:\w+:\w+)/g,
  );
  return [...new Set([...found].map(([name]) => name))];
}

/** The metric a series belongs to: a histogram's three kinds of series are one metric. */
export const metricOfSeries = (name: string, isMetric: (name: string) => boolean): string =>
  isMetric(name) ? name : name.replace(/_(bucket|sum|count)$/, '');

/** Labels that an expression chooses and groups its series by. */
export function labelsOf(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const chosen = [...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name]) => name as string),
  );
  const grouped = [
    ...bare.matchAll(/\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g),
  ].flatMap(([, names = '']) => names.split(',').map((name) => name.trim()));
  return [...new Set([...chosen, ...grouped])].filter((name) => name !== '');
}
