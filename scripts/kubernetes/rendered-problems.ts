import { podOf, templateOf, type Manifest, type WorkloadSpec } from './manifests.ts';

type Labels = Readonly<Record<string, string>>;
interface ServiceSpec {
  readonly selector: Labels;
  readonly ports: readonly { readonly targetPort: string | number }[];
}
interface BudgetSpec {
  readonly selector: { readonly matchLabels: Labels };
  readonly minAvailable?: number;
  readonly maxUnavailable?: number;
}
interface ScalerSpec {
  readonly scaleTargetRef: { readonly name: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly minReplicaCount?: number;
  readonly maxReplicaCount?: number;
}
interface IngressSpec {
  readonly rules: readonly {
    readonly http: {
      readonly paths: readonly { readonly backend: { readonly service: { readonly name: string } } }[];
    };
  }[];
}

export const idOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

const covers = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** Names that a pod mounts or reads, by kind; what is optional is left out. */
const needsOf = (manifest: Manifest): readonly (readonly [kind: string, name: string])[] => {
  const pod = podOf(manifest);
  if (!pod) return [];
  const containers = [...(pod.initContainers ?? []), ...pod.containers];
  return [
    ...(pod.serviceAccountName === undefined ? [] : [['ServiceAccount', pod.serviceAccountName] as const]),
    ...(pod.volumes ?? []).flatMap(({ persistentVolumeClaim, configMap, secret }) => [
      ...(persistentVolumeClaim ? [['PersistentVolumeClaim', persistentVolumeClaim.claimName] as const] : []),
      ...(configMap ? [['ConfigMap', configMap.name] as const] : []),
      ...(secret ? [['Secret', secret.secretName] as const] : []),
    ]),
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.flatMap(({ configMapRef }) =>
        configMapRef ? [['ConfigMap', configMapRef.name] as const] : [],
      ),
      ...env.flatMap(({ valueFrom }) =>
        valueFrom && !valueFrom.secretKeyRef.optional
          ? [['Secret', valueFrom.secretKeyRef.name] as const]
          : [],
      ),
    ]),
  ];
};

/**
 * What only a cluster would say about manifests that are each in order: references to what is not there, selectors that choose
 * nothing, scalers that contradict what they scale, volumes that are mounted and not declared.
 */
export const renderedProblems = (
  manifests: readonly Manifest[],
  /** What is in the cluster before, as `Kind/name`. */
  given: readonly string[],
): string[] => {
  const there = new Set([...given, ...manifests.map(idOf)]);
  const pods = manifests.flatMap((manifest) => {
    const template = templateOf(manifest);
    return template ? [{ manifest, template }] : [];
  });
  const chosenBy = (selector: Labels) =>
    pods.filter(({ template }) => covers(selector, template.metadata.labels ?? {}));
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');

  const ofPods = pods.flatMap(({ manifest, template: { metadata, spec } }) => {
    const id = idOf(manifest);
    const { volumeClaimTemplates = [], selector } = manifest.spec as WorkloadSpec;
    const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
    for (const { metadata: claim } of volumeClaimTemplates) volumes.add(claim.name);
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const mounted = new Set(
      containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)),
    );
    return [
      ...needsOf(manifest)
        .filter(([kind, name]) => !there.has(`${kind}/${name}`))
        .map(([kind, name]) => `${id} needs ${kind}/${name}, which nothing makes`),
      ...[...mounted]
        .filter((name) => !volumes.has(name))
        .map((name) => `${id} mounts ${name}, no volume of it`),
      ...[...volumes]
        .filter((name) => !mounted.has(name))
        .map((name) => `${id} has the volume ${name} for nobody`),
      ...(selector === undefined || covers(selector.matchLabels, metadata.labels ?? {})
        ? []
        : [`${id} does not choose its own pods`]),
      ...containers
        .filter(({ image }) => !/:[\w.-]+$/.test(image) || image.endsWith(':latest'))
        .map(({ image }) => `${id} runs ${image}, whose release is not said`),
    ];
  });

  const ofOthers = manifests.flatMap((manifest) => {
    const id = idOf(manifest);
    switch (manifest.kind) {
      case 'Service': {
        const { selector, ports: leadsTo } = manifest.spec as ServiceSpec;
        const behind = chosenBy(selector);
        const ports = behind.flatMap(({ template }) =>
          template.spec.containers.flatMap((one) => one.ports ?? []),
        );
        return [
          ...(behind.length === 1 ? [] : [`${id} chooses the pods of ${behind.length}`]),
          ...leadsTo
            .filter(
              ({ targetPort }) =>
                !ports.some(({ name, containerPort }) => name === targetPort || containerPort === targetPort),
            )
            .map(({ targetPort }) => `${id} leads to the port ${targetPort}, which no pod has`),
        ];
      }
      case 'PodDisruptionBudget': {
        const { selector, minAvailable, maxUnavailable = 0 } = manifest.spec as BudgetSpec;
        const chosen = chosenBy(selector.matchLabels);
        const replicas = chosen.map((one) => fewest(one.manifest, manifests));
        const spare = replicas.map((count) =>
          minAvailable === undefined ? maxUnavailable : count - minAvailable,
        );
        return [
          ...(chosen.length === 1 ? [] : [`${id} watches over the pods of ${chosen.length}`]),
          ...(spare.every((count) => count >= 1) ? [] : [`${id} lets no node be emptied`]),
        ];
      }
      case 'HorizontalPodAutoscaler':
      case 'ScaledObject': {
        const spec = manifest.spec as ScalerSpec;
        const scaled = deployments.find(({ metadata }) => metadata.name === spec.scaleTargetRef.name);
        const [least, most] = [
          spec.minReplicas ?? spec.minReplicaCount ?? 0,
          spec.maxReplicas ?? spec.maxReplicaCount ?? 0,
        ];
        return [
          ...(scaled ? [] : [`${id} scales ${spec.scaleTargetRef.name}, which is not there`]),
          ...(least <= most ? [] : [`${id} goes from ${least} to ${most}`]),
          ...(least > 0 ? [] : [`${id} may leave nobody`]),
        ];
      }
      case 'Ingress':
        return (manifest.spec as IngressSpec).rules
          .flatMap(({ http }) => http.paths.map(({ backend }) => backend.service.name))
          .filter((name) => !there.has(`Service/${name}`))
          .map((name) => `${id} leads to Service/${name}, which is not there`);
      default:
        return [];
    }
  });

  const scaledTwice = scalersOf(manifests)
    .map(({ scaleTargetRef }) => scaleTargetRef.name)
    .filter((name, at, all) => all.indexOf(name) !== at)
    .map((name) => `two scale ${name}`);
  const namespaces = new Set(
    manifests.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace ?? 'none'),
  );
  return [
    ...ofPods,
    ...ofOthers,
    ...scaledTwice,
    ...(namespaces.size <= 1 ? [] : [`they are in several namespaces: ${[...namespaces].join(', ')}`]),
  ];
};

const scalersOf = (manifests: readonly Manifest[]): ScalerSpec[] =>
  manifests
    .filter(({ kind }) => ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind))
    .map(({ spec }) => spec as ScalerSpec);

/** How many pods there are when nothing is going on. */
const fewest = ({ metadata, spec }: Manifest, manifests: readonly Manifest[]): number => {
  const scaler = scalersOf(manifests).find(({ scaleTargetRef }) => scaleTargetRef.name === metadata.name);
  return scaler?.minReplicas ?? scaler?.minReplicaCount ?? (spec as WorkloadSpec).replicas ?? 1;
};
