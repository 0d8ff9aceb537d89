import type { Manifest } from './manifests.ts';

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number | string; readonly endPort?: number }[];
}

const name = 'app.kubernetes.io/name';

const selected = ({ matchLabels, matchExpressions }: Selector): readonly string[] => {
  const names = matchExpressions?.find(({ key }) => key === name)?.values;
  if (names) return names;
  const labels = matchLabels ?? {};
  return [
    labels[name] ??
      labels['backend2/store'] ??
      labels['k8s-app'] ??
      labels['app.kubernetes.io/part-of'] ??
      'all',
  ];
};

const peersOf = ({ namespaceSelector, podSelector, ipBlock }: Peer): readonly string[] => {
  if (ipBlock) return [ipBlock.cidr === '0.0.0.0/0' ? 'internet' : ipBlock.cidr];
  if (podSelector) return selected(podSelector);
  return [namespaceSelector?.matchLabels['kubernetes.io/metadata.name'] ?? 'anywhere'];
};

/** `from -> to port`, one for each way that the policies open. */
export const arrowsOf = (manifests: readonly Manifest[]): string[] => {
  const arrows = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => {
      const {
        podSelector,
        ingress = [],
        egress = [],
      } = spec as {
        podSelector: Selector;
        ingress?: readonly Rule[];
        egress?: readonly Rule[];
      };
      const own = selected(podSelector);
      const both = (
        rule: Rule,
        peers: readonly Peer[] | undefined,
        draw: (own: string, peer: string) => string,
      ) =>
        own.flatMap((one) =>
          (peers ?? [{ namespaceSelector: { matchLabels: {} } }])
            .flatMap(peersOf)
            .flatMap((peer) =>
              (rule.ports ?? [{ port: 'any' }]).map(
                ({ port, endPort }) =>
                  `${draw(one, peer)} ${port}${endPort === undefined ? '' : `-${endPort}`}`,
              ),
            ),
        );
      return [
        ...ingress.flatMap((rule) => both(rule, rule.from, (one, peer) => `${peer} -> ${one}`)),
        ...egress.flatMap((rule) => both(rule, rule.to, (one, peer) => `${one} -> ${peer}`)),
      ];
    });
  return [...new Set(arrows)].toSorted();
};
