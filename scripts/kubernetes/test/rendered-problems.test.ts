import { fileURLToPath } from 'node:url';
import { services } from '@backend2/contracts';
import test from 'ava';
import { manifestsOf, type Manifest } from '../manifests.ts';
import { renderedProblems } from '../rendered-problems.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
// Before kustomize has put names of releases in.
const written = manifestsOf(root, 'overlays/dev').map(
  (manifest) =>
    JSON.parse(JSON.stringify(manifest).replaceAll(/"(backend2\/[\w-]+)"/g, '"$1:1.0"')) as Manifest,
);
const secrets = [...services, 'backup', 'stores', 'preparation'].map((name) => `Secret/backend2-${name}`);

test('the overlay dev has all that it refers to', (t) => {
  t.deepEqual(renderedProblems(written, secrets), []);
});

const planted: readonly (readonly [id: string, from: string, to: string, problem: RegExp])[] = [
  [
    'Deployment/auth',
    '"serviceAccountName":"auth"',
    '"serviceAccountName":"aut"',
    /needs ServiceAccount\/aut,/,
  ],
  ['Deployment/auth', '"name":"backend2-auth"', '"name":"backend2-aut"', /needs Secret\/backend2-aut,/],
  ['Deployment/gateway', '"claimName":"artifacts"', '"claimName":"files"', /PersistentVolumeClaim\/files/],
  ['Deployment/gateway', '"name":"tmp","mountPath"', '"name":"temp","mountPath"', /mounts temp, no volume/],
  ['Deployment/gateway', ':1.0"', ':latest"', /runs \S+:latest, whose release is not said/],
  [
    'Deployment/auth',
    '"selector":{"matchLabels":{"app.kubernetes.io/name":"auth"',
    '"selector":{"matchLabels":{"app.kubernetes.io/name":"a"',
    /does not choose its own pods/,
  ],
  ['Service/gateway', '"targetPort":"http"', '"targetPort":"https"', /port https, which no pod has/],
  [
    'Service/gateway',
    '"app.kubernetes.io/name":"gateway"},"ports"',
    '"app.kubernetes.io/name":"gate"},"ports"',
    /chooses the pods of 0/,
  ],
  ['PodDisruptionBudget/gateway', '"minAvailable":2', '"minAvailable":3', /lets no node be emptied/],
  ['HorizontalPodAutoscaler/gateway', '"maxReplicas":10', '"maxReplicas":2', /goes from 3 to 2/],
  [
    'HorizontalPodAutoscaler/gateway',
    '"kind":"Deployment","name":"gateway"',
    '"kind":"Deployment","name":"gate"',
    /scales gate, which is not there/,
  ],
  ['Ingress/gateway', '"service":{"name":"gateway"', '"service":{"name":"web"', /leads to Service\/web/],
];
for (const [id, from, to, problem] of planted)
  test(`noticed: ${id} with ${to}`, (t) => {
    const [kind = '', name = ''] = id.split('/');
    const changed = written.map((manifest) => {
      if (manifest.kind !== kind || manifest.metadata.name !== name) return manifest;
      const text = JSON.stringify(manifest);
      const other = text.replace(from, to);
      t.not(other, text, 'nothing was planted');
      return JSON.parse(other) as Manifest;
    });
    const problems = renderedProblems(changed, secrets);
    t.true(
      problems.some((one) => problem.test(one)),
      problems.join('\n'),
    );
  });
