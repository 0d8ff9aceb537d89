import type { Manifest } from './manifests.ts';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}
interface Peer {
  readonly namespaceSelector?: Selector;
  readonly podSelector?: Selector;
  readonly ipBlock?: object;
}
interface Port {
  readonly port: number | string;
  readonly endPort?: number;
}
interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly Port[];
}
interface Policy {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** A pod as policies see it. */
export interface Party {
  readonly name: string;
  readonly labels: Labels;
  readonly namespace: { readonly name: string; readonly labels: Labels };
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

const matches = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values = [] }) => {
    if (operator !== 'In') throw new Error(`the operator ${operator} is not understood here`);
    return values.includes(labels[key] ?? '');
  });

/** A block of addresses is no pod's: those of clusters are private, and blocks here leave private ones out or are outside. */
const isPeer = ({ namespaceSelector, podSelector, ipBlock }: Peer, party: Party, own: string): boolean => {
  if (ipBlock) return false;
  const inNamespace = namespaceSelector
    ? matches(namespaceSelector, party.namespace.labels)
    : party.namespace.name === own;
  return inNamespace && matches(podSelector ?? {}, party.labels);
};

const opens = ({ ports }: Rule, { name, containerPort }: Party['ports'][number]): boolean =>
  ports === undefined ||
  ports.some(({ port, endPort }) =>
    typeof port === 'string' ? port === name : containerPort >= port && containerPort <= (endPort ?? port),
  );

/**
 * Every `from -> to port` that gets through, of all pairs: out of the one and into the other. As the API defines it: a pod that
 * no policy of a direction selects is open in that direction; of those that select it, one rule that matches is enough.
 */
export const reachOf = (
  manifests: readonly Manifest[],
  namespace: string,
  parties: readonly Party[],
): string[] => {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec as Policy);
  const allows = (direction: 'Ingress' | 'Egress', pod: Party, peer: Party, port: Party['ports'][number]) => {
    if (pod.namespace.name !== namespace) return true;
    const selecting = policies.filter(
      ({ podSelector, policyTypes }) => policyTypes.includes(direction) && matches(podSelector, pod.labels),
    );
    if (selecting.length === 0) return true;
    return selecting.some((policy) =>
      (direction === 'Ingress' ? policy.ingress : policy.egress)?.some((rule) => {
        const peers = direction === 'Ingress' ? rule.from : rule.to;
        return (
          (peers === undefined || peers.some((one) => isPeer(one, peer, namespace))) && opens(rule, port)
        );
      }),
    );
  };
  const isOurs = ({ namespace: { name } }: Party) => name === namespace;
  return parties
    .flatMap((from) =>
      parties
        .filter((to) => to !== from && (isOurs(from) || isOurs(to)))
        .flatMap((to) =>
          to.ports
            .filter((port) => allows('Egress', from, to, port) && allows('Ingress', to, from, port))
            .map(({ containerPort }) => `${from.name} -> ${to.name} ${containerPort}`),
        ),
    )
    .toSorted();
};
