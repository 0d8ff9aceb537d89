import { fileURLToPath } from 'node:url';
import { httpSink, runProcess, type SinkAnswer } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';

const report = fileURLToPath(new URL('../licences-report.ts', import.meta.url));

/** What the report says of a registry that answers so when it is asked for advisories. */
const audited = async (t: ExecutionContext, answer: SinkAnswer) => {
  const registry = await httpSink(t, ({ path }) =>
    path.endsWith('/advisories/bulk') ? answer : { status: 404 },
  );
  const run = runProcess(t, report, {
    args: ['--audit'],
    env: { pnpm_config_registry: registry.url },
    ipc: false,
  });
  const { code } = await run.exited;
  return { code, output: run.output, asked: registry.requests };
};

const advisory = {
  id: 1,
  url: 'https://advisories.example/1',
  title: 'Planted weakness',
  severity: 'high',
  vulnerable_versions: '<999.0.0',
};

test('an advisory against an installed package is named, and the report ends with status 1', async (t) => {
  const { code, output } = await audited(t, { status: 200, body: { pg: [advisory] } });
  t.is(code, 1, output);
  t.regex(output, /Planted weakness/);
  t.regex(output, />pg\b/, 'some of those that have it, and not always the same');
});

test('where nothing is known against what services run with, the report ends with status 0', async (t) => {
  const { code, output, asked } = await audited(t, { status: 200, body: {} });
  t.is(code, 0, output);
  t.regex(output, /No known vulnerabilities found/);
  const packages = JSON.parse(asked[0]?.body ?? '{}') as Record<string, string[]>;
  for (const name of ['pg', 'ioredis', 'sequelize', 'sharp']) t.truthy(packages[name], name);
});

test('a registry that does not answer is not taken for a clean report: status 2', async (t) => {
  const { code, output } = await audited(t, { status: 405 });
  t.is(code, 2, output);
  t.regex(output, /NOT AUDITED/);
});
