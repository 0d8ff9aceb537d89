import { fileURLToPath } from 'node:url';
import { services } from '@backend2/contracts';
import test from 'ava';
import { networksOf, readComposeFile } from '../../containers/compose-file.ts';
import { manifestsOf, templateOf, type Manifest } from '../manifests.ts';
import { reachOf, type Party } from '../reach.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const compose = readComposeFile(root).services;

/** What is called otherwise in Compose. */
const composeNames: Readonly<Record<string, string>> = { preparation: 'migrate', restore: 'operate' };
const networks = (name: string): readonly string[] =>
  networksOf(compose[composeNames[name] ?? name] ?? fail(name));
const fail = (name: string): never => {
  throw new Error(`docker-compose.yml has no ${name}`);
};

const stores = { redis: 6379, postgres: 5432 } as const;
const outside = (name: string, labels: Party['labels'] = {}, ports: Party['ports'] = []): Party => ({
  name,
  labels,
  namespace: { name, labels: { 'kubernetes.io/metadata.name': name } },
  ports,
});
const outsiders = [
  outside('ingress-nginx'),
  outside('monitoring', {}, [{ name: 'otlp', containerPort: 4318 }]),
  outside('strangers', { 'app.kubernetes.io/name': 'gateway' }, [{ name: 'any', containerPort: 8080 }]),
  outside('kube-system', { 'k8s-app': 'kube-dns' }, [{ name: 'dns', containerPort: 53 }]),
];

const partiesOf = (manifests: readonly Manifest[]): Party[] => {
  const namespace = manifests.find(({ kind }) => kind === 'Namespace');
  const { name = '', labels = {} } = namespace?.metadata ?? {};
  return manifests.flatMap((manifest) => {
    const template = templateOf(manifest);
    if (!template) return [];
    return [
      {
        name: manifest.metadata.name,
        labels: template.metadata.labels ?? {},
        namespace: { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
        ports: template.spec.containers.flatMap(({ ports = [] }) => ports),
      },
    ];
  });
};

const expectedFor = (names: readonly string[]): string[] => [
  // Who shares a network with a store there reaches it here; services talk through Redis alone.
  ...Object.entries(stores).flatMap(([store, port]) =>
    names
      .filter((name) => names.includes(store) && !(name in stores))
      .filter((name) => networks(name).some((network) => networks(store).includes(network)))
      .map((name) => `${name} -> ${store} ${port}`),
  ),
  ...names.filter((name) => compose[name]?.ports).map((name) => `ingress-nginx -> ${name} 8000`),
  ...names
    .filter((name) => (services as readonly string[]).includes(name))
    .map((name) => `monitoring -> ${name} 9090`),
  ...names.map((name) => `${name} -> kube-system 53`),
];

for (const folder of [
  'overlays/dev',
  'overlays/dev/preparation',
  'overlays/dev/restore',
  'overlays/production',
  'overlays/production/preparation',
  'overlays/production/restore',
])
  test(`applied alone, ${folder} lets through what Compose's networks do, of all pairs, and nothing else`, (t) => {
    const manifests = manifestsOf(root, folder);
    const parties = partiesOf(manifests);
    const names = parties.map(({ name }) => name);
    t.true(names.length > 0);
    t.deepEqual(
      reachOf(manifests, parties[0]?.namespace.name ?? '', [...parties, ...outsiders]),
      expectedFor(names).toSorted(),
    );
  });

test('a policy too wide, too narrow or missing changes what gets through', (t) => {
  const manifests = manifestsOf(root, 'overlays/dev');
  const namespace = 'backend2-dev';
  const reach = (policies: readonly Manifest[]) =>
    reachOf(policies, namespace, [...partiesOf(manifests), ...outsiders]);
  const whole = new Set(reach(manifests));
  const without = (name: string) =>
    manifests.filter(({ kind, metadata }) => kind !== 'NetworkPolicy' || metadata.name !== name);
  const opened = (policies: readonly Manifest[]) => reach(policies).filter((arrow) => !whole.has(arrow));
  t.false(reach(without('auth')).includes('auth -> postgres 5432'));
  t.true(opened(without('postgres')).length === 0, 'closed by default');
  const open = without('postgres').filter(({ metadata }) => metadata.name !== 'default-deny');
  t.true(opened(open).includes('strangers -> postgres 5432'));
});
