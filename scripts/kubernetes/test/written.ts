import { fileURLToPath } from 'node:url';
import { manifestsIn, podOf, type Container, type Manifest } from '../manifests.ts';

/** What the folders of `infra/k8s` say, before kustomize has put it together. */

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const base = manifestsIn(root, 'base');
export const everything = ['base', 'components', 'external-secrets', 'overlays'].flatMap((folder) =>
  manifestsIn(root, folder),
);
export const deployments = base.filter(({ kind }) => kind === 'Deployment');
export const pods = everything.flatMap((manifest) => {
  const pod = podOf(manifest);
  return pod ? [{ manifest, pod }] : [];
});
export const only = (manifest: Manifest): Container => podOf(manifest)?.containers[0] as Container;
export const envOf = (container: Container, name: string) => container.env?.find((one) => one.name === name);
/** One of the base. */
export const named = (kind: string, name: string) =>
  base.find((one) => one.kind === kind && one.metadata.name === name);
