import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean };
    };
  }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string }[];
  readonly [probeOrSetting: string]: unknown;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey: string;
    readonly labelSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  /** Each kind has a shape of its own; k8s-check knows them all. */
  readonly spec: unknown;
  readonly data?: Readonly<Record<string, string>>;
  /** Below `infra/k8s`. */
  readonly file: string;
}

/** `file` names where the text is from. */
export const readManifests = (text: string, file: string): Manifest[] =>
  parseAllDocuments(text, { merge: true }).map((document) => ({
    ...(document.toJS() as Omit<Manifest, 'file'>),
    file,
  }));

const read = (root: string, file: string): Manifest[] =>
  readManifests(readFileSync(join(root, 'infra/k8s', file), 'utf8'), file);

/** Every object of the files below a folder of `infra/k8s`, as written: before kustomize has put them together. */
export const manifestsIn = (root: string, folder: string): Manifest[] =>
  readdirSync(join(root, 'infra/k8s', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'))
    .flatMap((file) => read(root, join(folder, file)));

/** Every object that `kubectl apply -k` of a folder applies, before its patches. */
export const manifestsOf = (root: string, folder: string): Manifest[] => {
  const { resources = [], components = [] } = parse(
    readFileSync(join(root, 'infra/k8s', folder, 'kustomization.yaml'), 'utf8'),
  ) as { readonly resources?: readonly string[]; readonly components?: readonly string[] };
  return [...resources, ...components].flatMap((part) =>
    part.endsWith('.yaml')
      ? read(root, join(folder, part))
      : manifestsOf(root, normalize(join(folder, part))),
  );
};

interface PodTemplate {
  readonly metadata: Meta;
  readonly spec: PodSpec;
}

/** What is read here of a Deployment's spec or a StatefulSet's. */
export interface WorkloadSpec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: PodTemplate;
  readonly volumeClaimTemplates?: readonly { readonly metadata: Meta }[];
}

/** The pod that a Deployment, StatefulSet, Job or CronJob makes; undefined for what makes none. */
export const templateOf = ({ kind, spec }: Manifest): PodTemplate | undefined => {
  switch (kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'Job':
      return (spec as { readonly template: PodTemplate }).template;
    case 'CronJob':
      return (spec as { readonly jobTemplate: { readonly spec: { readonly template: PodTemplate } } })
        .jobTemplate.spec.template;
    default:
      return undefined;
  }
};

export const podOf = (manifest: Manifest): PodSpec | undefined => templateOf(manifest)?.spec;
