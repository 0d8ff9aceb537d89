import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { checkBoundaries } from '../check/boundaries.ts';
import { monitoring } from '../check/monitoring.ts';
import { runTool } from '../check/tool.ts';

function plant(t: ExecutionContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'backend2-planted-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

const value = 'export const value: number = 1;\n';

const violations: Record<string, Record<string, string>> = {
  'no-service-to-service': {
    'services/one/src/main.ts': "import { value } from '../../two/src/value.ts';\nvoid value;\n",
    'services/two/src/value.ts': value,
  },
  'no-package-to-service': {
    'packages/contracts/src/index.ts': "export { value } from '../../../services/two/src/value.ts';\n",
    'services/two/src/value.ts': value,
  },
  'no-transport-in-domain': {
    'services/one/src/domain/rule.ts': "import { createServer } from 'node:http';\nvoid createServer;\n",
  },
  'no-service-kit-in-domain': {
    'services/one/src/domain/rule.ts':
      "import { value } from '../../../../packages/service-kit/src/index.ts';\nvoid value;\n",
    'packages/service-kit/src/index.ts': value,
  },
  'packages-downwards-0': {
    'packages/contracts/src/index.ts':
      "import type { Value } from '../../database/src/index.ts';\nexport type V = Value;\n",
    'packages/database/src/index.ts': 'export type Value = 1;\n',
  },
  'no-deep-import': {
    'services/one/src/main.ts':
      "import { value } from '../../../packages/contracts/src/inner.ts';\nvoid value;\n",
    'packages/contracts/src/inner.ts': value,
  },
  'no-circular': {
    'packages/contracts/src/a.ts': "import { b } from './b.ts';\nexport const a = (): unknown => b;\n",
    'packages/contracts/src/b.ts': "import { a } from './a.ts';\nexport const b = (): unknown => a;\n",
  },
};

for (const [rule, files] of Object.entries(violations)) {
  test(`a planted violation of ${rule} is found`, async (t) => {
    const { problems } = await checkBoundaries(plant(t, files), { atLeast: 1 });
    t.true(
      problems.some((problem) => problem.startsWith(`${rule}:`)),
      problems.join('\n'),
    );
  });
}

test('the stream engine is kept out of the domain as every transport is', async (t) => {
  const root = plant(t, {
    'services/one/src/domain/rule.ts':
      "import { value } from '../../../../packages/streams/src/index.ts';\nvoid value;\n",
    'packages/streams/src/index.ts': value,
  });
  const { problems } = await checkBoundaries(root, { atLeast: 1 });
  t.regex(problems.join('\n'), /^no-transport-in-domain:/m);
});

test('imports that go the right way are let through', async (t) => {
  const root = plant(t, {
    'services/one/src/domain/rule.ts':
      "import { value } from '../../../../packages/contracts/src/index.ts';\nvoid value;\n",
    'packages/contracts/src/index.ts': value,
  });
  t.deepEqual((await checkBoundaries(root, { atLeast: 2 })).problems, []);
});

test('a check that read hardly anything fails', async (t) => {
  const { problems } = await checkBoundaries(plant(t, { 'packages/contracts/src/index.ts': value }));
  t.regex(problems.join('\n'), /only 1 modules were read/);
});

const monitored = [
  'infra/prometheus',
  'infra/grafana',
  'docs/metrics.md',
  'docs/runbooks',
  'packages/service-kit/src/metrics/metric-names.ts',
];
const mistakes: readonly (readonly [file: string, from: string, to: string, problem: RegExp])[] = [
  [
    'infra/grafana/dashboards/gateway.json',
    'sum by (method, route)',
    'sum by (verb, route)',
    /the label verb/,
  ],
  [
    'infra/grafana/dashboards/lanes.json',
    '(backend2_stream_lag)',
    '(backend2_stream_lags)',
    /reads backend2_stream_lags/,
  ],
  ['infra/prometheus/rules/alerts.yml', 'severity: critical', 'severity: grave', /needs a severity/],
  [
    'infra/prometheus/rules/recording.yml',
    'record: lane:backend2_slots_busy:ratio',
    'record: lane:backend2_slots_free:ratio',
    /slots_free:ratio is tried by no file/,
  ],
  ['docs/metrics.md', '`backend2_stream_lag`', '`backend2_lag`', /has no row for backend2_stream_lag:/],
];
for (const [file, from, to, problem] of mistakes)
  test(`a dashboard, rule or page that speaks of what is not exported is found: ${to}`, async (t) => {
    const root = plant(t, {});
    for (const path of monitored)
      cpSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), join(root, path), { recursive: true });
    const text = readFileSync(join(root, file), 'utf8');
    t.true(text.includes(from), 'nothing was planted');
    writeFileSync(join(root, file), text.replace(from, to));
    t.regex((await monitoring.run(root)).problems.join('\n'), problem);
  });

test('what tsc remembers of a build lies in dist, so that a build from the cache brings the two together', async (t) => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const project of ['packages/contracts', 'services/gateway']) {
    const { output } = await runTool(root, 'tsc', [
      '-p',
      join(project, 'tsconfig.build.json'),
      '--showConfig',
    ]);
    const { compilerOptions } = JSON.parse(output) as { compilerOptions: Record<string, string> };
    t.is(compilerOptions['tsBuildInfoFile'], './dist/tsconfig.tsbuildinfo');
  }
});
