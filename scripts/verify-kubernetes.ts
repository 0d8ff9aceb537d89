import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readManifests, type Manifest } from './kubernetes/manifests.ts';
import { idOf, renderedProblems } from './kubernetes/rendered-problems.ts';

// Renders every overlay as a cluster would be given it, production with each of its choices, and looks for what only a cluster
// would say. KUBECTL names the program where it is not on the PATH; MANIFEST_CHECK one that is given the rendered files
// besides, such as a validator of schemas. node --conditions=@backend2/source scripts/verify-kubernetes.ts

const root = fileURLToPath(new URL('..', import.meta.url));
const kubectl = process.env['KUBECTL'] || 'kubectl';
const check = process.env['MANIFEST_CHECK'] ?? '';

/** An edit of a file of the overlay, as its comments tell an operator to make it. */
type Edit = readonly [file: string, before: string, after: string];
const inPlaceOfKeda: Edit = [
  'overlays/production/kustomization.yaml',
  'components/keda',
  'components/worker-hpa',
];
const withTelemetry: Edit = [
  'overlays/production/kustomization.yaml',
  '  - ../../components/keda\n',
  '  - ../../components/keda\n  - ../../components/telemetry\n',
];
const outside = 'overlays/production/outside/kustomization.yaml';
const withOutside = (...names: readonly string[]): Edit => [
  outside,
  readFileSync(join(root, 'infra/k8s', outside), 'utf8').replace(/[\s\S]*(?=^components:)/m, ''),
  `components:\n${names.map((name) => `  - ../../../components/${name}\n`).join('')}`,
];
const choices: readonly (readonly [what: string, edits: readonly Edit[]])[] = [
  ['as it is', []],
  ['worker-hpa in place of keda', [inPlaceOfKeda]],
  ['telemetry', [withTelemetry]],
  ['outside-stores', [withOutside('outside-stores')]],
  ['artifacts-in-a-bucket', [withOutside('artifacts-in-a-bucket')]],
  ['all of them', [withTelemetry, inPlaceOfKeda, withOutside('outside-stores', 'artifacts-in-a-bucket')]],
];

let failed = false;
const rendered: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'backend2-kubernetes-'));

const render = (k8s: string, path: string, what: string): Manifest[] => {
  const text = execFileSync(kubectl, ['kustomize', join(k8s, path)], { encoding: 'utf8' });
  // External Secrets Operator's kinds are no validator's but its own.
  if (!path.startsWith('external')) {
    const file = join(folder, `${what} ${path}.yaml`.replaceAll(/[^\w.]+/g, '-'));
    writeFileSync(file, text);
    rendered.push(file);
  }
  return readManifests(text, path);
};
const report = (what: string, problems: readonly string[]): void => {
  failed ||= problems.length > 0;
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'}  ${what}`);
  for (const problem of problems) console.log(`      ${problem}`);
};

const verify = (k8s: string, overlay: string, what: string, secrets: readonly string[]): void => {
  const whole = render(k8s, overlay, what);
  report(`${overlay}, ${what}: ${whole.length} objects`, renderedProblems(whole, secrets));
  for (const [part, given] of [
    ['preparation', secrets],
    ['restore', [...secrets, ...whole.map(idOf)]],
  ] as const) {
    const manifests = render(k8s, join(overlay, part), what);
    const path = `${overlay}/${part}, ${what}: ${manifests.length} objects`;
    report(path, renderedProblems(manifests, given));
  }
};

try {
  const k8s = join(root, 'infra/k8s');
  const made = execFileSync(join(k8s, 'overlays/dev/make-secrets'), { encoding: 'utf8' });
  verify(k8s, 'overlays/dev', 'as it is', readManifests(made, 'make-secrets').map(idOf));
  const secrets = render(k8s, 'external-secrets', '').map(({ metadata }) => `Secret/${metadata.name}`);
  for (const [what, edits] of choices) {
    const copy = join(folder, 'k8s');
    cpSync(k8s, copy, { recursive: true });
    for (const [file, before, after] of edits) {
      const text = readFileSync(join(copy, file), 'utf8');
      if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
      writeFileSync(join(copy, file), text.replace(before, after));
    }
    verify(copy, 'overlays/production', what, secrets);
    rmSync(copy, { recursive: true });
  }
  if (check !== '') {
    const { status, stdout, stderr } = spawnSync(check, rendered, { encoding: 'utf8' });
    report(`${check} of ${rendered.length} files`, status === 0 ? [] : [stdout, stderr]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;
