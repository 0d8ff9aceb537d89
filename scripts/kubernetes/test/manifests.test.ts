import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { laneTopics, lanes, services, workersGroup } from '@backend2/contracts';
import { metricNames } from '@backend2/service-kit';
import test from 'ava';
import { parse } from 'yaml';
import { serviceVariables } from '../../configuration/service-variables.ts';
import { readCatalogue } from '../../monitoring/catalogue.ts';
import { podOf, templateOf, type Manifest, type WorkloadSpec } from '../manifests.ts';
import { base, deployments, envOf, everything, named, only, pods, root } from './written.ts';

const seconds = (text: string | undefined): number => Number(/^(\d+)s$/.exec(text ?? '')?.[1] ?? Number.NaN);
const replicasOf = (name: string) => (named('Deployment', name)?.spec as WorkloadSpec | undefined)?.replicas;

test('each service deploys alone: its folder has all that is its own', (t) => {
  t.deepEqual(deployments.map(({ metadata }) => metadata.name).toSorted(), [...services].toSorted());
  for (const service of services) {
    const own = base.filter(({ file }) => dirname(file) === `base/${service}`);
    const kinds = new Set(own.map(({ kind }) => kind));
    for (const kind of ['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'ServiceAccount'])
      t.true(kinds.has(kind), `${service} has no ${kind}`);
    for (const { metadata, file } of own)
      t.is(
        metadata.labels?.['app.kubernetes.io/name'],
        service,
        `${file} is not chosen by -l with its service`,
      );
  }
  t.deepEqual(['gateway', 'standard-worker', 'lumina-worker'].map(replicasOf), [3, 4, 2]);
});

test('every file is part of its kustomization, and every part is there', (t) => {
  const folder = join(root, 'infra/k8s');
  const kustomizations = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('kustomization.yaml'),
  );
  const listed = new Set<string>();
  for (const file of kustomizations) {
    const { resources = [], components = [] } = parse(readFileSync(join(folder, file), 'utf8')) as {
      resources?: string[];
      components?: string[];
    };
    for (const part of [...resources, ...components]) {
      const path = join(dirname(file), part);
      t.true(existsSync(join(folder, path)), `${file} names ${part}, which is not there`);
      listed.add(path);
    }
  }
  for (const { file } of everything) t.true(listed.has(file), `no kustomization has ${file}`);
});

test('a pod has time to end what it runs: longer than its own grace, and than the lease of its work', (t) => {
  const lease = serviceVariables['standard-worker']?.find(({ name }) => name === 'WORKER_LEASE');
  const leaseSeconds = Number(lease?.default) / 1000;
  t.true(leaseSeconds > 0);
  for (const manifest of deployments) {
    const { terminationGracePeriodSeconds: given = 30 } = podOf(manifest) ?? {};
    const container = only(manifest);
    const drain = envOf(container, 'STOP_DRAIN')?.value;
    const needed =
      seconds(envOf(container, 'STOP_GRACE')?.value) + (drain === undefined ? 0 : seconds(drain));
    // After the grace, what is aborted gets five seconds more.
    t.true(given > needed + 5, `${manifest.metadata.name}: ${given} s for ${needed} s`);
    t.true(given > leaseSeconds, manifest.metadata.name);
  }
  // Long enough for load balancers to see that it is unready.
  const gateway = only(named('Deployment', 'gateway') as Manifest);
  const { periodSeconds, failureThreshold } = gateway['readinessProbe'] as Record<string, number>;
  t.true(seconds(envOf(gateway, 'STOP_DRAIN')?.value) > (periodSeconds ?? 0) * (failureThreshold ?? 0));
});

test('a rollout takes no pod away before another is ready', (t) => {
  for (const { metadata, spec } of deployments)
    t.deepEqual(
      (spec as { strategy?: unknown }).strategy,
      { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      metadata.name,
    );
});

test('pods of a service are spread over nodes and zones', (t) => {
  for (const manifest of deployments) {
    const template = templateOf(manifest);
    const spread = template?.spec.topologySpreadConstraints ?? [];
    t.deepEqual(
      spread.map(({ topologyKey }) => topologyKey),
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
      manifest.metadata.name,
    );
    for (const { labelSelector } of spread) t.like(template?.metadata.labels, labelSelector.matchLabels);
  }
});

test('the gateway scales by its load, and the world reaches it over TLS alone', (t) => {
  t.like(named('HorizontalPodAutoscaler', 'gateway')?.spec, {
    scaleTargetRef: { kind: 'Deployment', name: 'gateway' },
    minReplicas: replicasOf('gateway'),
    metrics: [{ type: 'Resource', resource: { name: 'cpu' } }],
  });

  const ingress = named('Ingress', 'gateway') as Manifest;
  const { rules, tls } = ingress.spec as { rules: { host: string }[]; tls: unknown };
  t.deepEqual(tls, [{ hosts: rules.map(({ host }) => host), secretName: 'backend2-tls' }]);
  t.is(ingress.metadata.annotations?.['nginx.ingress.kubernetes.io/ssl-redirect'], 'true');
});

test('probes ask what the ops port answers, on a port that is there', (t) => {
  for (const manifest of deployments) {
    const container = only(manifest);
    const paths = { startupProbe: '/livez', livenessProbe: '/livez', readinessProbe: '/readyz' };
    for (const [probe, path] of Object.entries(paths))
      t.like(container[probe], { httpGet: { path, port: 'ops' } }, `${manifest.metadata.name} ${probe}`);
    t.true(container.ports?.some(({ name, containerPort }) => name === 'ops' && containerPort === 9090));
  }
  const settings = named('ConfigMap', 'backend2-settings')?.data;
  t.is(settings?.['OPS_PORT'], '9090');
  t.is(settings?.['OPS_HOST'], '0.0.0.0');
});

test('every container has requests and limits and may do nothing but its work', (t) => {
  for (const { manifest, pod } of pods) {
    const which = `${manifest.file} ${manifest.metadata.name}`;
    t.is(pod.automountServiceAccountToken, false, which);
    t.like(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, which);
    t.true(Number(pod.securityContext['runAsUser']) > 0, which);
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      t.deepEqual(
        container['securityContext'],
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        which,
      );
      const { requests, limits } = container['resources'] as Record<string, Record<string, string>>;
      for (const amounts of [requests, limits]) {
        t.deepEqual(Object.keys(amounts ?? {}), ['cpu', 'memory'], which);
        for (const amount of Object.values(amounts ?? {})) t.true(sizeOf(amount) > 0, `${which} ${amount}`);
      }
      for (const what of ['cpu', 'memory'])
        t.true(sizeOf(limits?.[what]) >= sizeOf(requests?.[what]), `${which} ${what}`);
    }
  }
  for (const { kind, metadata } of everything.filter((one) => one.kind === 'Namespace'))
    t.is(metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted', kind);
  for (const account of base.filter(({ kind }) => kind === 'ServiceAccount'))
    t.is((account as unknown as Record<string, unknown>)['automountServiceAccountToken'], false);
});

test('Field note 11: lanes are scaled by the lag of streams that are there, below what a pod takes at once', (t) => {
  const pick = (kind: string) =>
    everything.filter((one) => one.kind === kind && one.file.startsWith('components/'));
  for (const lane of lanes) {
    const threads = Number(
      envOf(only(named('Deployment', `${lane}-worker`) as Manifest), 'WORKER_THREADS')?.value,
    );
    const scaled = pick('ScaledObject').find(({ metadata }) => metadata.name === `${lane}-worker`)?.spec as {
      minReplicaCount: number;
      maxReplicaCount: number;
      triggers: { type: string; metadata: Record<string, string> }[];
    };
    const [trigger] = scaled.triggers;
    const prefix = serviceVariables['gateway']?.find(({ name }) => name === 'REDIS_KEY_PREFIX')?.default;
    t.is(trigger?.metadata['stream'], `${String(prefix)}{${laneTopics[lane].name}}`);
    t.is(trigger?.metadata['consumerGroup'], workersGroup);
    t.is(trigger?.metadata['pendingEntriesCount'], undefined, 'pending entries are running, not waiting');
    // The window is two entries a slot: with a target of all its slots a full lane would never grow.
    t.true(Number(trigger?.metadata['lagCount']) <= threads / 2);
    const fallback = pick('HorizontalPodAutoscaler').find(
      ({ metadata }) => metadata.name === `${lane}-worker`,
    )?.spec as {
      minReplicas: number;
      maxReplicas: number;
      metrics: {
        external: {
          metric: { name: string; selector: { matchLabels: Record<string, string> } };
          target: { averageValue: string };
        };
      }[];
    };
    t.is(fallback.metrics[0]?.external.metric.name, metricNames.streamLag);
    t.is(fallback.metrics[0]?.external.metric.selector.matchLabels['topic'], laneTopics[lane].name);
    t.is(fallback.metrics[0]?.external.target.averageValue, trigger?.metadata['lagCount']);
    t.deepEqual(
      [fallback.minReplicas, fallback.maxReplicas],
      [scaled.minReplicaCount, scaled.maxReplicaCount],
    );
  }
});

test('what scales without KEDA asks for a metric that is exported, with the label it is chosen by', (t) => {
  const file = join(root, 'infra/k8s/components/worker-hpa/adapter-rules.yml');
  const { rules } = parse(readFileSync(file, 'utf8')) as {
    rules: { external: { seriesQuery: string; name: { matches: string }; metricsQuery: string }[] };
  };
  const [rule, ...others] = rules.external;
  t.deepEqual(others, []);
  t.is(rule?.name.matches, metricNames.streamLag);
  t.regex(rule?.seriesQuery ?? '', new RegExp(`"${metricNames.streamLag}"`));
  t.regex(rule?.metricsQuery ?? '', new RegExp(`\\(${metricNames.streamLag}\\{.*by \\(topic\\)`));
  const exported = readCatalogue(root).get(metricNames.streamLag);
  t.deepEqual(exported?.services, ['health-aggregator']);
  t.true(exported?.labels.includes('topic'));
});

/** Cores or bytes. */
const sizeOf = (amount: string | undefined): number => {
  const [, digits = '', unit = ''] = /^(\d+)(m|Mi|Gi)?$/.exec(amount ?? '') ?? [];
  const factors: Record<string, number> = { m: 0.001, Mi: 2 ** 20, Gi: 2 ** 30 };
  return digits === '' ? Number.NaN : Number(digits) * (factors[unit] ?? 1);
};
