import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { namesInCode, readCatalogue } from '../monitoring/catalogue.ts';
import {
  dashboardQueries,
  labelsOf,
  metricOfSeries,
  metricsOf,
  readDashboards,
  readRules,
  readRuleTests,
  ruleQueries,
  ruleTestsFolder,
  type Dashboard,
  type Rule,
} from '../monitoring/queries.ts';
import type { Step } from './step.ts';

const severities = ['critical', 'warning', 'info'];
/** Of Prometheus: of the process that was scraped, of buckets, of alerts; `service` is a label of every process. */
const ofEverySeries = ['service', 'instance', 'job', 'le', 'alertname', 'alertstate'];
const runbooks = 'docs/runbooks';

/** Rules, dashboards, runbooks and the catalogue of metrics name the same things. promtool looks deeper: scripts/verify-monitoring.ts. */
export const monitoring: Step = {
  name: 'metrics, alerts and dashboards',
  run: async (root) => {
    const catalogue = readCatalogue(root);
    const rules = readRules(root);
    const dashboards = readDashboards(root);
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
    const queries = [...ruleQueries(rules), ...dashboardQueries(dashboards)];
    const unknown = queries.flatMap(({ where, expr }) =>
      metricsOf(expr)
        .map((name) => (recorded.has(name) ? name : metricOfSeries(name, (metric) => catalogue.has(metric))))
        .filter((name) => !recorded.has(name) && !catalogue.has(name))
        .map((name) => `${where} reads ${name}, which docs/metrics.md does not list`),
    );
    const recordedAs = new Map(
      rules.flatMap(({ record, expr }) => (record === undefined ? [] : [[record, expr] as const])),
    );
    const labelsOfSeries = (name: string): readonly string[] => {
      const source = recordedAs.get(name);
      if (source === undefined)
        return catalogue.get(metricOfSeries(name, (metric) => catalogue.has(metric)))?.labels ?? [];
      return /\bby\s*\(/.test(source) ? labelsOf(source) : metricsOf(source).flatMap(labelsOfSeries);
    };
    const strangers = queries.flatMap(({ where, expr }) => {
      const known = new Set([...ofEverySeries, ...metricsOf(expr).flatMap(labelsOfSeries)]);
      return labelsOf(expr)
        .filter((name) => !known.has(name))
        .map(
          (name) => `${where} asks for the label ${name}, which docs/metrics.md gives none of its metrics`,
        );
    });
    const code = new Set(namesInCode(root));
    const unlisted = [...code]
      .filter((name) => !catalogue.has(name))
      .map((name) => `docs/metrics.md has no row for ${name}: add its type, labels, services and meaning`);
    const vanished = [...catalogue.keys()]
      .filter((name) => name.startsWith('backend2_') && !code.has(name))
      .map((name) => `docs/metrics.md lists ${name}, which metric-names.ts does not have`);
    return {
      problems: [
        ...unknown,
        ...strangers,
        ...unlisted,
        ...vanished,
        ...alertProblems(root, rules),
        ...untried(root, rules),
        ...dashboards.flatMap(panelProblems),
      ],
      note: `${catalogue.size} metrics, ${rules.length} rules, ${dashboards.length} dashboards, ${queries.length} queries`,
    };
  },
};

function alertProblems(root: string, rules: readonly Rule[]): string[] {
  const alerts = rules.filter(({ alert }) => alert !== undefined);
  const problems = alerts.flatMap(({ file, alert, labels, annotations }) => {
    const where = `${file}: ${alert}`;
    return [
      ...(severities.includes(labels?.severity ?? '')
        ? []
        : [`${where} needs a severity of ${severities.join(', ')}`]),
      ...(annotations?.summary === undefined ? [`${where} needs a summary`] : []),
      ...(annotations?.runbook_url === `${runbooks}/${alert}.md`
        ? []
        : [`${where} must point to ${runbooks}/${alert}.md`]),
      ...(existsSync(join(root, runbooks, `${alert}.md`)) ? [] : [`${where} has no runbook`]),
    ];
  });
  // Procedures, which no alert asks for by itself, have names in small letters.
  const names = new Set(alerts.map(({ alert }) => `${alert}.md`));
  const orphans = readdirSync(join(root, runbooks))
    .filter((name) => /^(?!README)[A-Z]/.test(name) && !names.has(name))
    .map((name) => `${runbooks}/${name} belongs to no alert`);
  return [...problems, ...orphans];
}

/** What an alert that is tried reads is tried with it. */
function untried(root: string, rules: readonly Rule[]): string[] {
  const tests = readRuleTests(root);
  const isNamed = ({ alert, record }: Rule): boolean =>
    alert === undefined ? tests.includes(`${record}`) : new RegExp(`\\b${alert}\\b`).test(tests);
  const read = new Set(rules.filter(isNamed).flatMap(({ expr }) => metricsOf(expr)));
  return rules
    .filter((rule) => !isNamed(rule) && !read.has(rule.record ?? ''))
    .map(
      ({ file, alert, record }) => `${file}: ${alert ?? record} is tried by no file of ${ruleTestsFolder}`,
    );
}

function panelProblems({ file, uid, panels, templating }: Dashboard): string[] {
  const ids = panels.map(({ id }) => id);
  const variables = new Set(templating.list.map(({ name }) => name));
  return [
    ...(uid.startsWith('backend2-') ? [] : [`${file}: its uid must begin with backend2-`]),
    ...(new Set(ids).size === ids.length ? [] : [`${file}: two panels share an id`]),
    ...panels.flatMap(({ title, type, targets = [], datasource }) => {
      if (type === 'row') return [];
      const used = targets.flatMap(({ expr }) =>
        [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name as string),
      );
      return [
        ...(targets.length > 0 ? [] : [`${file}: ${title} asks nothing`]),
        ...(datasource?.uid === 'backend2-prometheus' ? [] : [`${file}: ${title} names another data source`]),
        ...used
          .filter((name) => name !== '__rate_interval' && !variables.has(name))
          .map((name) => `${file}: ${title} uses $${name}, which the dashboard does not define`),
      ];
    }),
  ];
}
