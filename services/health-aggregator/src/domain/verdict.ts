import type { HealthStatus, HealthView } from '@backend2/contracts';
import type { Finding } from './finding.ts';

const gravity: Record<HealthStatus, number> = { pass: 0, warn: 1, fail: 2 };

export const worst = (statuses: readonly HealthStatus[]): HealthStatus =>
  statuses.reduce((a, b) => (gravity[b] > gravity[a] ? b : a), 'pass');

/** The system is as well as its worst component; `output` names those that are not well, the worst first. */
export const verdict = (findings: readonly Finding[], version: string): HealthView => {
  const checks: HealthView['checks'] = {};
  for (const { key, check } of findings) (checks[key] ??= []).push(check);
  const unwell = findings
    .filter(({ check }) => check.status !== 'pass')
    .toSorted((a, b) => gravity[b.check.status] - gravity[a.check.status]);
  return {
    status: worst(findings.map(({ check }) => check.status)),
    version: '1',
    releaseId: version,
    description: 'Backend2, all of it',
    ...(unwell.length > 0 && {
      output: unwell.map(({ key, check }) => `${key}: ${check.output ?? check.status}`).join('. '),
    }),
    checks,
  };
};

/** What must differ for a verdict to be news. */
export const gist = (view: HealthView): string =>
  Object.entries(view.checks)
    .map(([key, checks]) => `${key}=${checks.map(({ status }) => status).join()}`)
    .join(' ');
